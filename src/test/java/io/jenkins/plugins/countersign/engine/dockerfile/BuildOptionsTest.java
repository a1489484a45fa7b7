package io.jenkins.plugins.countersign.engine.dockerfile;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertThrows;

import io.jenkins.plugins.countersign.engine.image.Platform;
import java.util.List;
import java.util.Map;
import org.junit.Test;

public class BuildOptionsTest {

    private static String on(String platforms, String buildPlatform, String machine, Map<String, String> environment) {
        List<Platform> given = platforms.isEmpty() ? List.of() : List.of(Platform.parse(platforms));
        BuildOptions options = BuildOptions.defaults().on(given, buildPlatform, machine, environment);
        return options.platforms() + " on " + options.buildPlatform();
    }

    @Test
    public void builderTakesItsOwnPlatformUnlessItIsTold() {
        Map<String, String> environment = Map.of("DOCKER_DEFAULT_PLATFORM", "linux/s390x");
        assertEquals("[linux/arm64] on linux/arm64", on("", "", "aarch64", Map.of()));
        assertEquals("[linux/amd64] on linux/amd64", on("", "linux/amd64", "aarch64", Map.of()));
        assertEquals("[linux/s390x] on linux/arm64", on("", "", "aarch64", environment));
        assertEquals("[linux/386] on linux/arm64", on("linux/386", "", "aarch64", environment));
        assertEquals("[windows/amd64] on windows/amd64", on("", "windows/amd64", "x86_64", Map.of()));
    }

    @Test
    public void machineThatIsNotKnownIsNotTakenForAnother() {
        assertThat(
                assertThrows(IllegalArgumentException.class, () -> on("linux/amd64", "", "mill", Map.of()))
                        .getMessage(),
                containsString("this machine's architecture is \"mill\""));
        assertEquals("[linux/amd64] on linux/riscv64", on("linux/amd64", "linux/riscv64", "mill", Map.of()));
    }

    @Test
    public void defaultThatIsNoPlatform() {
        assertThrows(
                IllegalArgumentException.class,
                () -> on("", "", "amd64", Map.of("DOCKER_DEFAULT_PLATFORM", "somewhere")));
    }
}
