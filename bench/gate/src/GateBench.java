package gate;

import io.jenkins.plugins.countersign.engine.approval.ApprovedImage;
import io.jenkins.plugins.countersign.engine.approval.Decision;
import io.jenkins.plugins.countersign.engine.approval.Gate;
import io.jenkins.plugins.countersign.engine.approval.GateInput;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.signing.FoundSignature;
import io.jenkins.plugins.countersign.engine.signing.SignatureFormat;
import io.jenkins.plugins.countersign.engine.trust.TrustedPolicy;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/** The whole decision, from the bytes of the bundles: parsing, ECDSA verification, rules, matching. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 3)
@Measurement(iterations = 5, time = 3)
public class GateBench {

    @Param({"1", "10", "100", "1000"})
    public int statements;

    private GateInput input;

    @Setup
    public void prepare() throws Exception {
        Instant now = Instant.parse("2026-11-22T12:00:00Z");
        ApprovedImage image =
                new ApprovedImage("registry.example.com/app", "1", Digest.of(new byte[] {1}), 500, List.of());
        GateCrowd crowd = new GateCrowd(statements);
        List<FoundSignature> found = new ArrayList<>();
        for (int i = 0; i < statements; i++) {
            byte[] content = crowd.approval(i, image, now).toBytes();
            found.add(new FoundSignature(
                    SignatureFormat.BUNDLE, image.digest(), Digest.of(content), content, Map.of()));
        }
        input = GateInput.of(TrustedPolicy.insecureAcceptUnsigned(crowd.policy, "bench"), "qa", image, found, now);
    }

    @Benchmark
    public Decision decide() {
        Decision decision = Gate.decide(input);
        if (!decision.isOpen()) {
            throw new AssertionError(decision.toText());
        }
        return decision;
    }
}
