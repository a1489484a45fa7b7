package io.jenkins.plugins.countersign.cli;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.not;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertNotEquals;
import static org.junit.Assert.assertTrue;
import static org.junit.Assume.assumeTrue;

import io.jenkins.plugins.countersign.engine.RealPart;
import io.jenkins.plugins.countersign.engine.Run;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Stream;
import org.junit.Before;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

/** The script {@code cli/countersign} with its archive of classes, starting a program that only says how it was called. */
public class LauncherTest {

    /** Takes the command line's place. */
    public static final class Program {

        public static void main(String[] arguments) {
            System.out.println(
                    Program.class.getPackage().getImplementationVersion() + " was given " + List.of(arguments));
            System.exit(arguments.length > 0 && arguments[0].equals("fail") ? 4 : 0);
        }
    }

    @Rule
    public final TemporaryFolder temporary = new TemporaryFolder();

    private List<String> as = List.of();
    private Path folder;
    private Path launcher;
    private Path jar;
    private Path archive;

    @Before
    public void install() throws Exception {
        Path base = Path.of(System.getProperty("basedir", ".")).toAbsolutePath();
        Path script = Stream.of(base.resolve("cli/countersign"), base.resolve("countersign"))
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow();
        liveIn(temporary.newFolder("tools").toPath());
        Files.copy(script, launcher);
        pack("1");
    }

    private void liveIn(Path some) {
        folder = some;
        launcher = folder.resolve("countersign");
        jar = folder.resolve("countersign.jar");
        archive = folder.resolve("countersign.jsa");
    }

    private void pack(String version) throws Exception {
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes().put(Attributes.Name.MAIN_CLASS, Program.class.getName());
        manifest.getMainAttributes().put(Attributes.Name.IMPLEMENTATION_VERSION, version);
        String name = Program.class.getName().replace('.', '/') + ".class";
        try (OutputStream file = Files.newOutputStream(jar);
                JarOutputStream out = new JarOutputStream(file, manifest);
                InputStream program = Program.class.getClassLoader().getResourceAsStream(name)) {
            out.putNextEntry(new JarEntry(name));
            program.transferTo(out);
        }
    }

    private Run start(Map<String, String> environment, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(as);
        command.addAll(List.of("sh", launcher.toString()));
        command.addAll(List.of(arguments));
        Map<String, String> all = new HashMap<>(environment);
        all.putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
        all.putIfAbsent("XDG_CACHE_HOME", folder.resolve("cache").toString());
        return Run.of(all, folder, command);
    }

    private static void assertAnswer(String version, Run run) {
        assertEquals(version + " was given [push, a b, ]\n", run.succeeded());
    }

    /** Where Java says that it has the program's class from. */
    private String source() throws Exception {
        Path log = folder.resolve("classes.log");
        Files.deleteIfExists(log);
        assertAnswer(
                "1", start(Map.of("COUNTERSIGN_JAVA_OPTIONS", "-Xlog:class+load:file=classes.log"), "push", "a b", ""));
        return Files.readAllLines(log).stream()
                .filter(line -> line.contains(Program.class.getName() + " "))
                .findFirst()
                .orElseThrow();
    }

    private List<String> leftovers() throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.startsWith("."))
                    .toList();
        }
    }

    @Test
    public void otherJarIsNeverStartedFromTheOldArchive() throws Exception {
        start(Map.of(), "--version").succeeded();
        Files.setLastModifiedTime(archive, FileTime.from(Instant.now().minusSeconds(3600)));
        FileTime old = Files.getLastModifiedTime(archive);
        pack("2");
        assertAnswer("2", start(Map.of(), "push", "a b", ""));
        assertNotEquals("it is made anew", old, Files.getLastModifiedTime(archive));

        // as after an upgrade that keeps the times of files
        pack("3");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now().minusSeconds(3600)));
        assertAnswer("3", start(Map.of(), "push", "a b", ""));

        // as after a disk that was full
        Files.delete(archive);
        Files.writeString(archive, "no archive");
        assertAnswer("3", start(Map.of(), "push", "a b", ""));
    }

    @Test
    public void severalFirstStartsAtOnceMakeTheArchiveThatLaterOnesUse() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(3);
        try {
            List<Future<Run>> runs = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                runs.add(threads.submit(() -> start(Map.of(), "push", "a b", "")));
            }
            for (Future<Run> run : runs) {
                assertAnswer("1", run.get());
            }
        } finally {
            threads.shutdownNow();
        }
        FileTime made = Files.getLastModifiedTime(archive);
        assertThat(source(), containsString("shared objects file"));
        assertEquals("it is not made again", made, Files.getLastModifiedTime(archive));
        assertEquals(List.of(), leftovers());
    }

    @Test
    public void folderThatCannotBeWritten_theArchiveIsInTheUsersCache() throws Exception {
        Path cache = temporary.newFolder("cache").toPath();
        Files.setPosixFilePermissions(cache, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(temporary.getRoot().toPath(), PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-xr-xr-x"));
        try {
            if (Files.isWritable(folder)) { // the superuser may write everywhere
                as = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
                RealPart.require("setpriv");
                List<String> reads = new ArrayList<>(as);
                reads.addAll(List.of("test", "-r", launcher.toString()));
                assumeTrue(
                        "another user gets here", Run.of(Map.of(), null, reads).exitCode() == 0);
            }
            assertAnswer("1", start(Map.of("XDG_CACHE_HOME", cache.toString()), "push", "a b", ""));
            assertTrue(Files.size(cache.resolve("countersign/countersign.jsa")) > 0);
            assertFalse(Files.exists(archive));
        } finally {
            Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    /** Java 17 takes nothing of ours from an archive then; it starts as without one. */
    @Test
    public void folderWithASpaceInItsName() throws Exception {
        liveIn(Files.move(folder, folder.resolveSibling("with a space")));
        assertAnswer("1", start(Map.of(), "push", "a b", ""));
        assertAnswer("1", start(Map.of(), "push", "a b", ""));
    }

    @Test
    public void exitCodeIsThePrograms_throughALinkToo() throws Exception {
        launcher = Files.createSymbolicLink(temporary.getRoot().toPath().resolve("link"), launcher);
        Run failed = start(Map.of("COUNTERSIGN_ARCHIVE", "no"), "fail", "$(exit 1)", "*");
        assertEquals(4, failed.exitCode());
        assertEquals("1 was given [fail, $(exit 1), *]\n", failed.output());
        assertFalse("none was wanted", Files.exists(archive));
    }

    @Test
    public void missingJarIsNamed() throws Exception {
        Files.delete(jar);
        Run failed = start(Map.of(), "--version");
        assertEquals(1, failed.exitCode());
        assertThat(failed.output(), containsString("countersign.jar is neither in " + folder + "/target nor in "));
        assertThat(failed.output(), not(containsString("Error:")));
    }
}
