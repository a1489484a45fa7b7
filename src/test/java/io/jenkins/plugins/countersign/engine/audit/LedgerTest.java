package io.jenkins.plugins.countersign.engine.audit;

import static org.hamcrest.MatcherAssert.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.junit.Assert.assertEquals;
import static org.junit.Assert.assertFalse;
import static org.junit.Assert.assertThrows;
import static org.junit.Assert.assertTrue;

import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.Rule;
import org.junit.Test;
import org.junit.rules.TemporaryFolder;

public class LedgerTest {

    private static final Clock NOON = Clock.fixed(Instant.parse("2026-11-22T12:00:00Z"), ZoneOffset.UTC);
    private static final Digest IMAGE = Digest.of(new byte[] {1});
    private static final Digest STATEMENT = Digest.of(new byte[] {2});

    @Rule
    public TemporaryFolder folder = new TemporaryFolder();

    private Path file() {
        return folder.getRoot().toPath().resolve("ledger.jsonl");
    }

    private Path written(int records) throws LedgerException {
        try (Ledger ledger = Ledger.open(file(), NOON)) {
            for (int i = 0; i < records; i++) {
                ledger.append(RecordKind.DECISION, Map.of("outcome", "held", "why", "näh \"" + i + "\" \u2028"));
            }
        }
        return file();
    }

    private String brokenAt(Path file) {
        return assertThrows(LedgerException.class, () -> LedgerFile.verify(file))
                .getMessage();
    }

    private void rewrite(Path file, java.util.function.UnaryOperator<List<String>> change) throws Exception {
        List<String> lines = new ArrayList<>(Files.readAllLines(file));
        Files.writeString(file, String.join("\n", change.apply(lines)) + "\n");
    }

    @Test
    public void aChangedRecordBreaksTheChainWhereItStands() throws Exception {
        Path file = written(4);
        rewrite(file, lines -> {
            lines.set(2, lines.get(2).replace("held", "open"));
            return lines;
        });
        assertThat(brokenAt(file), containsString("record 3 says its hash is"));
        assertThrows(LedgerException.class, () -> Ledger.open(file, NOON));
    }

    @Test
    public void aRecordThatIsGoneBreaksTheChain() throws Exception {
        Path file = written(4);
        rewrite(file, lines -> {
            lines.remove(2);
            return lines;
        });
        assertThat(brokenAt(file), containsString("record 3 is missing: record 4 stands in its place"));
    }

    @Test
    public void aRecordPutInBreaksTheChain() throws Exception {
        Path file = written(4);
        LedgerRecord forged = LedgerLine.seal(
                3, NOON.instant(), "f".repeat(64), RecordKind.PROMOTED, Map.of("image", IMAGE.toString()));
        rewrite(file, lines -> {
            lines.set(2, new String(LedgerLine.encode(forged), StandardCharsets.UTF_8).trim());
            return lines;
        });
        assertThat(brokenAt(file), containsString("record 3 follows a record with hash " + "f".repeat(64)));
    }

    @Test
    public void oneRecordHasOneText() throws Exception {
        Path file = written(2);
        rewrite(file, lines -> {
            lines.set(1, lines.get(1).replace("\"kind\":", "\"kind\": "));
            return lines;
        });
        assertThat(brokenAt(file), containsString("record 2 is not written as a ledger writes it"));
        rewrite(file, lines -> {
            lines.set(
                    1,
                    lines.get(1)
                            .replace("\"kind\": ", "\"kind\":")
                            .replace("{\"outcome", "{\"outcome\":\"open\",\"outcome"));
            return lines;
        });
        assertThat(brokenAt(file), containsString("record 2 is not a ledger record: Duplicate field 'outcome'"));
    }

    @Test
    public void damageFollowedByRecordsIsNotTakenForATornEnd() throws Exception {
        Path file = written(5);
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] = 0;
        Files.write(file, bytes);
        assertThat(brokenAt(file), containsString("records follow it"));
        assertThrows(LedgerException.class, () -> Ledger.open(file, NOON));
        assertEquals("nothing was cut off", bytes.length, Files.size(file));
    }

    @Test
    public void aChangedLastRecordIsNotTakenForATornEnd() throws Exception {
        Path file = written(2);
        rewrite(file, lines -> {
            lines.set(2, lines.get(2).replace("held", "open"));
            return lines;
        });
        assertThrows(LedgerException.class, () -> Ledger.open(file, NOON));
    }

    @Test
    public void cutOffRecordsAndARewrittenLedgerAreNoticedByAnEarlierHead() throws Exception {
        LedgerHead known;
        try (Ledger ledger = Ledger.open(file(), NOON)) {
            ledger.append(RecordKind.DECISION, Map.of("outcome", "held"));
            known = ledger.append(RecordKind.DECISION, Map.of("outcome", "held"))
                    .head(ledger.head().ledger());
        }
        assertEquals(3, LedgerFile.verify(file(), known).head().orElseThrow().sequence());
        rewrite(file(), lines -> lines.subList(0, 2));
        assertThat(
                assertThrows(LedgerException.class, () -> LedgerFile.verify(file(), known))
                        .getMessage(),
                containsString("ends with record 2, but record 3 was once its newest: records are gone"));
        try (Ledger ledger = Ledger.open(file(), NOON)) {
            ledger.append(RecordKind.DECISION, Map.of("outcome", "open"));
        }
        assertThat(
                assertThrows(LedgerException.class, () -> LedgerFile.verify(file(), known))
                        .getMessage(),
                containsString("the ledger was rewritten"));
        Files.delete(file());
        written(4);
        assertThat(
                assertThrows(LedgerException.class, () -> LedgerFile.verify(file(), known))
                        .getMessage(),
                containsString("the known head is of the ledger \"" + known.ledger()));
    }

    @Test
    public void whereverTheFileEndsNoCompleteRecordIsLostAndTheRestIsSetAside() throws Exception {
        byte[] whole = Files.readAllBytes(written(4));
        Path cut = folder.getRoot().toPath().resolve("cut.jsonl");
        for (int length = 0; length <= whole.length; length++) {
            byte[] prefix = Arrays.copyOf(whole, length);
            Files.write(cut, prefix);
            int lastLineFeed = new String(prefix, StandardCharsets.ISO_8859_1).lastIndexOf('\n');
            boolean onlyLineFeedMissing = length < whole.length && whole[length] == '\n';
            long kept = onlyLineFeedMissing ? length + 1 : lastLineFeed + 1;
            boolean torn = !onlyLineFeedMissing && lastLineFeed + 1 < length;
            try (Ledger ledger = Ledger.open(cut, NOON)) {
                byte[] now = Files.readAllBytes(cut);
                if (kept > 0) {
                    assertEquals(
                            "cut at " + length,
                            new String(whole, 0, (int) kept, StandardCharsets.UTF_8),
                            new String(now, 0, (int) kept, StandardCharsets.UTF_8));
                }
                ledger.append(RecordKind.DECISION, Map.of("outcome", "open"));
            }
            List<String> kinds = new ArrayList<>();
            List<String> aside = new ArrayList<>();
            LedgerFile.read(cut, r -> {
                kinds.add(r.kind());
                if (r.kind().equals(RecordKind.TORN)) {
                    aside.add(r.field("file"));
                }
            });
            assertEquals("cut at " + length, torn, kinds.contains(RecordKind.TORN));
            if (torn) {
                assertEquals(
                        new String(prefix, lastLineFeed + 1, length - lastLineFeed - 1, StandardCharsets.ISO_8859_1),
                        Files.readString(cut.resolveSibling(aside.get(0)), StandardCharsets.ISO_8859_1));
            }
        }
    }

    @Test
    public void zerosOfALostPageAtTheEndAreSetAside() throws Exception {
        Path file = written(2);
        byte[] whole = Files.readAllBytes(file);
        Files.write(file, new byte[300], java.nio.file.StandardOpenOption.APPEND);
        Files.writeString(file, "\"}\n", java.nio.file.StandardOpenOption.APPEND);
        try (Ledger ledger = Ledger.open(file, NOON)) {
            assertEquals(4, ledger.head().sequence());
        }
        assertEquals(
                new String(whole, StandardCharsets.UTF_8),
                Files.readString(file).substring(0, new String(whole, StandardCharsets.UTF_8).length()));
    }

    @Test
    public void fiftyThreadsWriteOneChain() throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(50);
        try (Ledger ledger = Ledger.open(file(), NOON)) {
            List<Future<LedgerRecord>> records = new ArrayList<>();
            for (int i = 0; i < 200; i++) {
                String n = Integer.toString(i);
                records.add(threads.submit(() -> ledger.append(RecordKind.DECISION, Map.of("n", n))));
            }
            for (Future<LedgerRecord> record : records) {
                record.get(60, TimeUnit.SECONDS);
            }
        } finally {
            threads.shutdownNow();
        }
        List<String> seen = new ArrayList<>();
        LedgerFile.read(file(), r -> seen.add(r.field("n")));
        assertEquals(201, seen.size());
        assertEquals(201, seen.stream().distinct().count());
    }

    @Test
    public void aLedgerHasOneWriter() throws Exception {
        try (Ledger first = Ledger.open(file(), NOON)) {
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThat(
                        assertThrows(LedgerException.class, () -> Ledger.open(file(), NOON, Duration.ZERO))
                                .getMessage(),
                        containsString("is open elsewhere"));
            }
            first.append(RecordKind.DECISION, Map.of());
        }
        Ledger.open(file(), NOON, Duration.ZERO).close();
    }

    @Test
    public void whatIsNoRecordIsRefusedAndNothingIsWritten() throws Exception {
        try (Ledger ledger = Ledger.open(file(), NOON)) {
            long before = Files.size(file());
            assertThrows(
                    IllegalArgumentException.class,
                    () -> ledger.append(RecordKind.DECISION, Map.of("long", "x".repeat(LedgerLine.MAX_BYTES))));
            assertThrows(
                    IllegalArgumentException.class,
                    () -> ledger.append(RecordKind.PROMOTED, Map.of("repository", "r", "image", "latest")));
            assertEquals(before, Files.size(file()));
            assertEquals(2, ledger.append(RecordKind.DECISION, Map.of()).sequence());
        }
    }

    @Test
    public void theGateReadsBackWhatWasSeenBeforeARestart() throws Exception {
        try (Ledger ledger = Ledger.open(file(), NOON)) {
            ledger.statementSeen(IMAGE, "r/app", "qa", "rejection", "carol", "qa", STATEMENT);
            ledger.statementSeen(IMAGE, "r/app", "qa", "rejection", "carol", "qa", STATEMENT);
            ledger.policySeen("main", 7, STATEMENT);
            ledger.policySeen("main", 6, IMAGE);
            ledger.append(
                    RecordKind.PROMOTED,
                    Map.of("repository", "r/prod", "stage", "production", "tag", "1", "image", IMAGE.toString()));
        }
        try (Ledger ledger = Ledger.open(file(), Clock.offset(NOON, Duration.ofHours(-1)))) {
            assertEquals(
                    List.of(new KnownStatement(
                            IMAGE, "r/app", "qa", "rejection", "carol", "qa", STATEMENT, NOON.instant())),
                    ledger.known(IMAGE));
            assertEquals(NOON.instant(), ledger.firstSeen(STATEMENT).orElseThrow());
            assertEquals(OptionalLong.of(7), ledger.highestPolicyVersion("main"));
            assertEquals(IMAGE, ledger.lastPromoted("r/prod", "production").orElseThrow());
            assertTrue(ledger.lastPromoted("r/prod", "qa").isEmpty());
            assertEquals("a clock set back does not set the ledger back", NOON.instant(), ledger.latestTime());
            assertThat(
                    assertThrows(LedgerException.class, () -> ledger.policySeen("main", 7, IMAGE))
                            .getMessage(),
                    containsString("one version, two policies"));
        }
    }

    @Test
    public void anExportIsTheLinesThemselves() throws Exception {
        Path file = written(3);
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        LedgerFile.export(file, any -> true, all);
        assertEquals(Files.readString(file), all.toString(StandardCharsets.UTF_8));
        ByteArrayOutputStream decisions = new ByteArrayOutputStream();
        LedgerFile.export(file, r -> r.sequence() == 2, decisions);
        assertEquals(Files.readAllLines(file).get(1) + "\n", decisions.toString(StandardCharsets.UTF_8));
        assertFalse(all.toString(StandardCharsets.UTF_8).contains("\r"));
    }
}
