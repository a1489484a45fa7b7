package bench;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInputs;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildOptions;
import io.jenkins.plugins.countersign.engine.dockerfile.Dockerfile;
import io.jenkins.plugins.countersign.engine.dockerfile.DockerfileException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Threads;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/** One operation is one file; the files of the folder in turn. */
@State(Scope.Thread)
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Threads(1)
@Warmup(iterations = 10, time = 2)
@Measurement(iterations = 5, time = 2)
public class DockerfileBench {

    private List<byte[]> files;
    private int next;

    @Setup
    public void read() throws IOException {
        files = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(Path.of(System.getProperty("files")))) {
            for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
                files.add(Files.readAllBytes(path));
            }
        }
    }

    private byte[] file() {
        next = next + 1 == files.size() ? 0 : next + 1;
        return files.get(next);
    }

    /** Text to instructions, as BuildKit's parser and instructions packages do together. */
    @Benchmark
    public void parse(Blackhole result) {
        try {
            result.consume(Dockerfile.parse(file(), "Dockerfile"));
        } catch (DockerfileException refused) {
            result.consume(refused);
        }
    }

    /** Text to the complete set of images, as BuildKit's conversion does. */
    @Benchmark
    public void resolve(Blackhole result) {
        result.consume(BuildInputs.of(file(), "Dockerfile", BuildOptions.defaults()));
    }
}
