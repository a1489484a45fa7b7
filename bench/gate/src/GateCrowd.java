package gate;

import io.jenkins.plugins.countersign.engine.approval.Approval;
import io.jenkins.plugins.countersign.engine.approval.ApprovedImage;
import io.jenkins.plugins.countersign.engine.approval.Approvals;
import io.jenkins.plugins.countersign.engine.approval.PolicyReference;
import io.jenkins.plugins.countersign.engine.signing.SigstoreBundle;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyGenerator;
import io.jenkins.plugins.countersign.engine.signing.keys.PublicKeys;
import io.jenkins.plugins.countersign.engine.signing.keys.SigningKey;
import io.jenkins.plugins.countersign.engine.trust.PolicyReader;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** So many people with a P-256 key each, and a stage that needs all of them. */
final class GateCrowd {

    final List<SigningKey> keys = new ArrayList<>();
    final String document;
    final TrustPolicy policy;

    GateCrowd(int people) throws Exception {
        StringBuilder text = new StringBuilder("name: bench\nversion: 1\nexpires: 2090-01-01T00:00:00Z\n");
        text.append("root: {threshold: 1, keys: [{pem: ").append(quoted(key())).append("}]}\npeople:\n");
        StringBuilder names = new StringBuilder();
        for (int i = 0; i < people; i++) {
            SigningKey key = key();
            keys.add(key);
            text.append("  p").append(i).append(": {keys: [{pem: ").append(quoted(key)).append("}]}\n");
            names.append(i == 0 ? "p" : ", p").append(i);
        }
        text.append("roles: {crowd: [").append(names).append("]}\n");
        text.append("stages: {qa: {needs: [{role: crowd, count: ").append(people).append("}]}}\n");
        document = text.toString();
        policy = PolicyReader.read(document.getBytes(StandardCharsets.UTF_8));
    }

    SigstoreBundle approval(int person, ApprovedImage image, Instant now) throws Exception {
        Approval approval = Approval.of(image, "qa", "crowd", "p" + person, PolicyReference.to(policy), now, 1);
        return Approvals.sign(approval, keys.get(person));
    }

    private static SigningKey key() {
        return KeyGenerator.generate(new SecureRandom());
    }

    private static String quoted(SigningKey key) {
        return "\"" + PublicKeys.pem(key.publicKey()).replace("\n", "\\n") + "\"";
    }
}
