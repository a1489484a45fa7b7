package io.jenkins.plugins.countersign.webhook;

import hudson.Extension;
import hudson.model.UnprotectedRootAction;
import hudson.security.csrf.CrumbExclusion;
import io.jenkins.plugins.countersign.engine.delivery.DeliveryException;
import io.jenkins.plugins.countersign.engine.delivery.Payload;
import io.jenkins.plugins.countersign.engine.delivery.Proof;
import io.jenkins.plugins.countersign.engine.delivery.RateLimit;
import io.jenkins.plugins.countersign.engine.delivery.SeenDeliveries;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.kohsuke.stapler.StaplerRequest2;
import org.kohsuke.stapler.StaplerResponse2;

/**
 * Takes deliveries at {@code countersign-webhook/<source>}: nobody is logged in here, the delivery proves itself. Whatever is
 * wrong, the answer is the same to the letter; the reason is in Jenkins' log.
 */
@Extension
public class WebhookEndpoint implements UnprotectedRootAction {

    static final String URL = "countersign-webhook";

    private static final Logger LOGGER = Logger.getLogger(WebhookEndpoint.class.getName());

    /** The source, and for those that can do nothing else the secret. */
    private static final Pattern PATH =
            Pattern.compile("/(" + WebhookSource.ID + ")(?:/([\\x21-\\x2e\\x30-\\x7e]{1,256}))?");

    private static final int SEEN = 20_000;
    private static final Duration WINDOW = Duration.ofDays(1);
    private static final double PER_SECOND = 200;
    private static final int BURST = 2000;

    /** Stands in for a source that does not exist, so that the answer takes as long. */
    private static final WebhookSource NOBODY = new WebhookSource("nobody", null, null, null);

    private final String decoy = UUID.randomUUID().toString();
    private final SeenDeliveries seen = new SeenDeliveries(SEEN, WINDOW, Clock.systemUTC());
    private final Map<String, RateLimit> limits = new ConcurrentHashMap<>();

    @Override
    public String getIconFileName() {
        return null;
    }

    @Override
    public String getDisplayName() {
        return null;
    }

    @Override
    public String getUrlName() {
        return URL;
    }

    public void doIndex(StaplerRequest2 request, StaplerResponse2 response) throws IOException {
        doDynamic(request, response);
    }

    public void doDynamic(StaplerRequest2 request, StaplerResponse2 response) throws IOException {
        try {
            take(request);
        } catch (DeliveryException e) {
            LOGGER.log(Level.FINE, "refused a delivery: {0}", e.getMessage());
            answer(response, HttpServletResponse.SC_FORBIDDEN, "refused\n");
            return;
        }
        answer(response, HttpServletResponse.SC_ACCEPTED, "accepted\n");
    }

    private void take(HttpServletRequest request) throws DeliveryException, IOException {
        Matcher path = PATH.matcher(request.getPathInfo().substring(1 + URL.length()));
        if (!path.matches()) {
            throw new DeliveryException("the URL names no source");
        }
        if (!"POST".equals(request.getMethod())) {
            throw new DeliveryException("the method is " + request.getMethod());
        }
        WebhookSource source = WebhookConfiguration.get().source(path.group(1)).orElse(NOBODY);
        byte[] body = request.getInputStream().readNBytes(Payload.MAX_LENGTH + 1);
        if (body.length > Payload.MAX_LENGTH) {
            throw new DeliveryException("the delivery has more than " + Payload.MAX_LENGTH + " bytes");
        }
        Proof proof = source.getProof();
        if (proof != Proof.PATH && path.group(2) != null) {
            throw new DeliveryException("the URL names no source");
        }
        proof.verify(
                source == NOBODY ? decoy : source.secret(),
                proof == Proof.PATH ? path.group(2) : request.getHeader(source.proofHeader()),
                body);
        Payload payload = source.payload();
        if (payload.read(source.getRegistry(), body).isEmpty()) {
            return; // Of no interest to anybody, such as a pull or a ping.
        }
        if (payload.tellsEventsApart() && !seen.isNew(source.getId(), body)) {
            if (payload.isRepeatedUntilAccepted()) {
                // The registry did not get our answer. Refused, it would repeat this for ever and never send what came
                // after.
                return;
            }
            throw new DeliveryException("the delivery to " + source.getId() + " was accepted before");
        }
        keep(source, body);
    }

    private void keep(WebhookSource source, byte[] body) throws DeliveryException {
        boolean kept = false;
        try {
            // After the proof: a stranger's flood must not use up what the registry may send.
            if (!limits.computeIfAbsent(source.getId(), id -> new RateLimit(PER_SECOND, BURST, Clock.systemUTC()))
                    .passes()) {
                throw new DeliveryException("more than " + PER_SECOND + " deliveries a second to " + source.getId());
            }
            Deliveries.get().keep(source.getId(), body);
            kept = true;
        } catch (IOException e) {
            LOGGER.log(Level.WARNING, "a delivery to " + source.getId() + " cannot be kept", e);
            throw new DeliveryException("the delivery cannot be kept", e);
        } finally {
            if (!kept) {
                seen.forget(source.getId(), body);
            }
        }
    }

    private static void answer(HttpServletResponse response, int status, String text) throws IOException {
        response.setStatus(status);
        response.setContentType("text/plain;charset=UTF-8");
        response.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    /** Registries have no crumb. Of all paths, those alone that the endpoint understands. */
    @Extension
    public static class NoCrumb extends CrumbExclusion {

        @Override
        public boolean process(HttpServletRequest request, HttpServletResponse response, FilterChain chain)
                throws IOException, ServletException {
            String path = request.getPathInfo();
            if (path == null
                    || !path.startsWith("/" + URL + "/")
                    || !PATH.matcher(path.substring(1 + URL.length())).matches()) {
                return false;
            }
            chain.doFilter(request, response);
            return true;
        }
    }
}
