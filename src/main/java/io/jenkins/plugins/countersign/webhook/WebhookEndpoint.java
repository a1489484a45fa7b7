package io.jenkins.plugins.countersign.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import hudson.Extension;
import hudson.ProxyConfiguration;
import hudson.security.csrf.CrumbExclusion;
import io.jenkins.plugins.countersign.engine.delivery.DeliveryException;
import io.jenkins.plugins.countersign.engine.delivery.GoogleToken;
import io.jenkins.plugins.countersign.engine.delivery.JsonWebKeys;
import io.jenkins.plugins.countersign.engine.delivery.Payload;
import io.jenkins.plugins.countersign.engine.delivery.PayloadKind;
import io.jenkins.plugins.countersign.engine.delivery.Proof;
import io.jenkins.plugins.countersign.engine.delivery.RateLimit;
import io.jenkins.plugins.countersign.engine.delivery.RegistryEvent;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.sentence.Sentence;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import jenkins.model.Jenkins;
import jenkins.security.BasicHeaderAuthenticator;
import jenkins.util.HttpServletFilter;
import org.springframework.security.core.Authentication;

/**
 * Takes deliveries at {@code countersign-webhook/<source>}: nobody is logged in here, the delivery proves itself. Whatever is
 * wrong, the answer is the same to the letter; the reason is in Jenkins' log.
 */
@Extension
public class WebhookEndpoint implements HttpServletFilter {

    static final String URL = "countersign-webhook";

    private static final Logger LOGGER = Logger.getLogger(WebhookEndpoint.class.getName());

    /** The source, and for those that can do nothing else the secret. */
    private static final Pattern PATH =
            Pattern.compile("/(" + WebhookSource.ID + ")(?:/([\\x21-\\x2e\\x30-\\x7e]{1,256}))?");

    /** The burst that is taken, in seconds of the limit. */
    private static final int BURST = 10;

    private static final Duration CONNECT = Duration.ofSeconds(5);
    /** Under which name Event Grid asks whether it may send. */
    private static final String EVENT_GRID = "eventgrid.azure.net";

    /** Stands in for a source that does not exist, so that the answer takes as long. */
    private static final WebhookSource NOBODY = new WebhookSource("nobody", null, null, null);

    private final String decoy = UUID.randomUUID().toString();
    /** So many deliveries are judged at once: under a flood of them whoever looks at a page still gets a turn. */
    private final Semaphore judges = new Semaphore(2 * Runtime.getRuntime().availableProcessors());

    private final Map<String, RateLimit> limits = new ConcurrentHashMap<>();

    private volatile JsonWebKeys googleKeys = new JsonWebKeys(
            GoogleToken.KEYS,
            () -> ProxyConfiguration.newHttpClientBuilder()
                    .connectTimeout(CONNECT)
                    .followRedirects(HttpClient.Redirect.NEVER)
                    .build(),
            Clock.systemUTC());

    /** For tests: nobody else's keys are Google's. */
    void setGoogleKeys(JsonWebKeys keys) {
        googleKeys = keys;
    }

    /** Before Stapler, which looks for views along the path: all that is needed is the bytes. */
    @Override
    public boolean handle(HttpServletRequest request, HttpServletResponse response) throws IOException {
        if (!isOurs(request)) {
            return false;
        }
        answer(request, response);
        return true;
    }

    private static boolean isOurs(HttpServletRequest request) {
        return request.getPathInfo() != null && request.getPathInfo().startsWith("/" + URL + "/");
    }

    private void answer(HttpServletRequest request, HttpServletResponse response) throws IOException {
        Optional<String> handshake;
        try {
            handshake = take(request);
        } catch (DeliveryException e) {
            LOGGER.log(Level.FINE, "refused a delivery: {0}", e.getMessage());
            answer(response, HttpServletResponse.SC_FORBIDDEN, "text/plain", "refused\n");
            return;
        }
        if ("OPTIONS".equals(request.getMethod())) {
            // CloudEvents 1.0, "HTTP 1.1 Web Hooks", section 4: the sender asks before it sends.
            response.setHeader("WebHook-Allowed-Origin", EVENT_GRID);
            response.setHeader("WebHook-Allowed-Rate", "*");
            answer(response, HttpServletResponse.SC_OK, "text/plain", "");
        } else if (handshake.isPresent()) {
            answer(
                    response,
                    HttpServletResponse.SC_OK,
                    "application/json",
                    StrictJson.object()
                            .put("validationResponse", handshake.get())
                            .toString());
        } else {
            answer(response, HttpServletResponse.SC_ACCEPTED, "text/plain", "accepted\n");
        }
    }

    /** The code that the sender wants back, if it does. */
    private Optional<String> take(HttpServletRequest request) throws DeliveryException, IOException {
        Matcher path = PATH.matcher(request.getPathInfo().substring(1 + URL.length()));
        if (!path.matches()) {
            throw new DeliveryException(Sentence.of("delivery.noSource"));
        }
        WebhookSource source = WebhookConfiguration.get().source(path.group(1)).orElse(NOBODY);
        byte[] body = new byte[0];
        try {
            boolean asks = "OPTIONS".equals(request.getMethod())
                    && source.getKind() == PayloadKind.AZURE
                    && EVENT_GRID.equals(request.getHeader("WebHook-Request-Origin"));
            if (!asks && !"POST".equals(request.getMethod())) {
                throw new DeliveryException(Sentence.of("delivery.otherMethod"));
            }
            body = request.getInputStream().readNBytes(Payload.MAX_LENGTH + 1);
            if (body.length > Payload.MAX_LENGTH) {
                throw new DeliveryException(Sentence.of("delivery.tooLong", Payload.MAX_LENGTH));
            }
            Judged judged = judge(source, request, path.group(2), body, asks);
            if (!judged.events.isEmpty()) {
                keep(source, judged.events, body);
            }
            return judged.handshake;
        } catch (DeliveryException e) {
            if (source != NOBODY) {
                DeliveryLog.get().refused(source.getId(), e.sentence(), body);
            }
            throw e;
        }
    }

    private void verify(WebhookSource source, HttpServletRequest request, String secretInPathOrNull, byte[] body)
            throws DeliveryException {
        Proof proof = source.getProof();
        if (proof != Proof.PATH && secretInPathOrNull != null) {
            throw new DeliveryException(Sentence.of("delivery.urlGoesOn"));
        }
        if (proof == Proof.GOOGLE_TOKEN) {
            source.token().verify(request.getHeader(source.proofHeader()), googleKeys, Instant.now());
            return;
        }
        proof.verify(
                source == NOBODY ? decoy : source.secret(),
                proof == Proof.PATH ? secretInPathOrNull : request.getHeader(source.proofHeader()),
                body);
    }

    /**
     * What a genuine delivery wants.
     *
     * @param events none when it is of no interest to anybody, such as a pull or a ping
     */
    private record Judged(Optional<String> handshake, List<RegistryEvent> events) {}

    /** All that takes a processor's time, and nothing that waits for anything else. */
    private Judged judge(
            WebhookSource source, HttpServletRequest request, String secretInPathOrNull, byte[] body, boolean asks)
            throws DeliveryException {
        judges.acquireUninterruptibly();
        try {
            verify(source, request, secretInPathOrNull, body);
            if (asks) {
                return new Judged(Optional.empty(), List.of());
            }
            Payload payload = source.payload();
            ObjectNode content = Payload.parse(body);
            Optional<String> handshake = payload.handshakeCode(content);
            return new Judged(
                    handshake, handshake.isPresent() ? List.of() : payload.read(source.getRegistry(), content));
        } finally {
            judges.release();
        }
    }

    private void keep(WebhookSource source, List<RegistryEvent> events, byte[] body) throws DeliveryException {
        // After the proof: a stranger's flood must not use up what the registry may send.
        if (!limits.computeIfAbsent(
                        source.getId() + " " + source.getPerSecond(),
                        id -> new RateLimit(source.getPerSecond(), BURST * source.getPerSecond(), Clock.systemUTC()))
                .passes()) {
            throw new DeliveryException(Sentence.of("delivery.tooMany", source.getPerSecond()));
        }
        try {
            if (Deliveries.get().take(source.getId(), source.payload(), events, body) == Deliveries.Taken.REPEATED) {
                DeliveryLog.get().repeated(source.getId(), body);
            }
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "a delivery to " + source.getId() + " cannot be kept", e);
            throw new DeliveryException(Sentence.of("delivery.notKept"), e);
        }
    }

    private static void answer(HttpServletResponse response, int status, String type, String text) throws IOException {
        response.setStatus(status);
        response.setContentType(type + ";charset=UTF-8");
        response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Registries have no crumb. These are the paths, all of them, that {@link #handle} answers and nobody else sees. */
    @Extension
    public static class NoCrumb extends CrumbExclusion {

        @Override
        public boolean process(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            if (!isOurs(request)) {
                return false;
            }
            chain.doFilter(request, response);
            return true;
        }
    }

    /**
     * The Basic header that a registry shows is its secret, no login: without this Jenkins would refuse it before the endpoint
     * sees it, and ask the security realm about it.
     */
    @Extension(ordinal = 1000)
    public static class NoLogin extends BasicHeaderAuthenticator {

        @Override
        public Authentication authenticate2(
                HttpServletRequest request, HttpServletResponse response, String user, String password) {
            return isOurs(request) ? Jenkins.ANONYMOUS2 : null;
        }
    }
}
