package io.jenkins.plugins.countersign.engine.registry;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.empty;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.not;
import static org.hamcrest.Matchers.startsWith;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.ServerProcess;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.ClassRule;
import org.junit.Test;

/** A registry behind a real proxy: over TLS through a tunnel, in plain HTTP through an intermediary. */
public class ProxyTest {

    @ClassRule
    public static final Tinyproxy PROXY = new Tinyproxy();

    @ClassRule
    public static final DockerRegistry OVER_TLS = new DockerRegistry();

    @ClassRule
    public static final DockerRegistry PLAIN = DockerRegistry.plain();

    private static final Sleeper NEVER = pause -> {
        throw new AssertionError("asked again after a pause, where nothing was broken");
    };

    private static RegistryAccess overTls(HttpProxy proxy) throws Exception {
        return RegistryAccess.of(OVER_TLS.host())
                .withAuthorities(Files.readString(OVER_TLS.authority()))
                .withLogin(DockerRegistry.USER, DockerRegistry.PASSWORD)
                .withSleeper(NEVER)
                .withProxies(uri -> Optional.of(proxy));
    }

    private static RegistryAccess plain(HttpProxy proxy) {
        return RegistryAccess.of(PLAIN.host())
                .insecurePlainHttp()
                .withSleeper(NEVER)
                .withProxies(uri -> Optional.of(proxy));
    }

    private static String refused(RegistryAccess access) {
        return assertThrows(UnreachableException.class, access::ping).getMessage();
    }

    /** A proxy that answers its first question so. */
    private static Thread answering(ServerSocket proxy, String status, StringBuffer asked) {
        Thread answering = new Thread(() -> {
            try (Socket socket = proxy.accept()) {
                answer(socket, status, asked);
            } catch (IOException e) {
                asked.append(e);
            }
        });
        answering.start();
        return answering;
    }

    private static void answer(Socket socket, String status, StringBuffer asked) throws IOException {
        byte[] some = new byte[4096];
        asked.append(new String(some, 0, socket.getInputStream().read(some), StandardCharsets.US_ASCII));
        socket.getOutputStream().write(("HTTP/1.1 " + status + "\r\n\r\n").getBytes(StandardCharsets.US_ASCII));
    }

    private static void pushAndRead(String repository, RegistryAccess access) throws Exception {
        Repository opened = Repositories.open(repository, access);
        Manifest image = Samples.pushImage(opened, 1, 10, 3_000_000);
        opened.tag(image.digest(), "v1");
        assertEquals(image.digest(), opened.resolve("v1").orElseThrow().digest());
        for (Descriptor layer : image.read().layers()) {
            assertEquals(layer.size(), opened.openBlob(layer).readAllBytes().length);
        }
    }

    @Test
    public void proxyThatWantsALogin() throws Exception {
        for (RegistryAccess access : List.of(overTls(PROXY.as("", "")), plain(PROXY.as("", "")))) {
            assertThat(
                    refused(access),
                    containsString(
                            "the proxy 127.0.0.1:" + PROXY.port() + " wants a login, and none was given for it"));
        }
    }

    @Test
    public void wrongPasswordForTheProxy() throws Exception {
        String refused = refused(overTls(PROXY.as(Tinyproxy.USER, "wr0ng")));
        assertThat(refused, containsString("refused the login of user " + Tinyproxy.USER));
        assertThat(refused, not(containsString("wr0ng")));
        // here tinyproxy's answer is that of a registry
        assertThrows(
                UnauthorizedException.class,
                () -> plain(PROXY.as(Tinyproxy.USER, "wr0ng")).ping());
    }

    @Test
    public void proxyThatIsNotThere() throws Exception {
        HttpProxy nobody = new HttpProxy("127.0.0.1", ServerProcess.freePort(), "", "");
        RegistryAccess access = overTls(nobody).withRetries(Retries.NONE);
        assertThat(refused(access), containsString("no connection to " + nobody));
        HttpProxy nameless = new HttpProxy("proxy.invalid", 3128, "", "");
        assertThat(
                refused(overTls(nameless)),
                containsString("through the proxy proxy.invalid:3128, but there is no host of that name"));
    }

    @Test
    public void hostThatTheProxyHasNoConnectionTo() throws Exception {
        RegistryAccess access = RegistryAccess.of("registry.invalid")
                .withRetries(Retries.NONE)
                .withProxies(uri -> Optional.of(PROXY.as(Tinyproxy.USER, Tinyproxy.PASSWORD)));
        assertThat(
                refused(access),
                containsString("the proxy 127.0.0.1:" + PROXY.port()
                        + " has no connection to registry.invalid:443 (status 500"));
    }

    @Test
    public void hostThatTheProxyLetsNobodyThroughTo() throws Exception {
        try (ServerSocket filter = new ServerSocket(0)) {
            Thread answering = answering(filter, "403 Filtered", new StringBuffer());
            assertThat(
                    refused(overTls(new HttpProxy("127.0.0.1", filter.getLocalPort(), "", ""))),
                    containsString("lets nobody through to " + OVER_TLS.host() + " (status 403)"));
            answering.join(10_000);
        }
    }

    @Test
    public void proxyThatAnswersWithoutEnd() throws Exception {
        try (ServerSocket endless = new ServerSocket(0)) {
            Thread answering = new Thread(() -> {
                try (Socket socket = endless.accept()) {
                    while (true) {
                        socket.getOutputStream()
                                .write("HTTP/1.1 200 OK\r\nX: y\r\n".getBytes(StandardCharsets.US_ASCII));
                    }
                } catch (Exception closed) {
                    // by the one that was to be held up
                }
            });
            answering.start();
            RegistryAccess access = overTls(new HttpProxy("127.0.0.1", endless.getLocalPort(), "", ""))
                    .withRetries(Retries.NONE);
            assertThat(refused(access), containsString("the answer's headers have no end"));
            answering.join(10_000);
        }
    }

    /** tinyproxy answers so too: what is sent to it a moment later breaks. */
    @Test
    public void intermediaryThatIsAboutToCloseAndDoesNotSaySo() throws Exception {
        List<Socket> open = new CopyOnWriteArrayList<>();
        try (ServerSocket intermediary = new ServerSocket(0)) {
            Thread answering = new Thread(() -> {
                try {
                    while (true) {
                        open.add(intermediary.accept());
                        answer(open.get(open.size() - 1), "200 OK\r\nContent-Length: 0", new StringBuffer());
                    }
                } catch (IOException closed) {
                    // at the test's end
                }
            });
            answering.start();
            RegistryAccess access = plain(new HttpProxy("127.0.0.1", intermediary.getLocalPort(), "", ""));
            access.ping();
            access.ping();
            assertEquals(2, open.size());
            assertEquals(
                    "sent to it all the same", 0, open.get(0).getInputStream().available());
            intermediary.close();
            answering.join(10_000);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    /** The tunnel's end is the registry, which shows its certificate there. */
    @Test
    public void certificateOfTheRegistryIsVerifiedThroughTheTunnel() throws Exception {
        RegistryAccess access = RegistryAccess.of(OVER_TLS.host())
                .withSleeper(NEVER)
                .withProxies(uri -> Optional.of(PROXY.as(Tinyproxy.USER, Tinyproxy.PASSWORD)));
        assertThrows(UntrustedCertificateException.class, access::ping);
    }

    @Test
    public void loginOfTheProxyIsNotForTheRegistry_norTheOtherWayRound() throws Exception {
        FakeRegistry registry = FakeRegistry.tls();
        registry.before();
        try (ServerSocket watched = new ServerSocket(0)) {
            ConcurrentLinkedQueue<String> toRegistry = new ConcurrentLinkedQueue<>();
            registry.lies(exchange -> {
                toRegistry.addAll(exchange.getRequestHeaders().keySet());
                return false;
            });
            registry.access()
                    .withLogin("alice", "secret")
                    .withProxies(uri -> Optional.of(PROXY.as(Tinyproxy.USER, Tinyproxy.PASSWORD)))
                    .ping();
            assertThat(toRegistry, hasItem("User-agent"));
            assertThat(
                    toRegistry.stream()
                            .filter(name ->
                                    name.toLowerCase(java.util.Locale.ROOT).startsWith("proxy"))
                            .toList(),
                    empty());

            StringBuffer toProxy = new StringBuffer();
            Thread reading = answering(watched, "407 No", toProxy);
            refused(registry.access()
                    .withLogin("alice", "secret")
                    .withProxies(uri -> Optional.of(
                            new HttpProxy("127.0.0.1", watched.getLocalPort(), Tinyproxy.USER, Tinyproxy.PASSWORD))));
            reading.join(10_000);
            assertEquals(
                    "CONNECT " + registry.host() + " HTTP/1.1\r\nHost: " + registry.host()
                            + "\r\nProxy-Authorization: Basic d29ya2VyOnByMHh5LXNlY3JldA==\r\n\r\n",
                    toProxy.toString());
        } finally {
            registry.after();
        }
    }

    @Test
    public void everythingGoesThroughTheTunnel() throws Exception {
        pushAndRead(OVER_TLS.host() + "/app", overTls(PROXY.as(Tinyproxy.USER, Tinyproxy.PASSWORD)));
        assertThat(PROXY.requests(), hasItem("CONNECT " + OVER_TLS.host() + " HTTP/1.1"));
    }

    @Test
    public void everythingGoesThroughTheIntermediary() throws Exception {
        pushAndRead(PLAIN.host() + "/app", plain(PROXY.as(Tinyproxy.USER, Tinyproxy.PASSWORD)));
        assertThat(PROXY.requests(), hasItem(startsWith("PUT http://" + PLAIN.host() + "/v2/app/blobs/uploads/")));
    }
}
