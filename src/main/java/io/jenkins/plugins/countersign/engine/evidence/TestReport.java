package io.jenkins.plugins.countersign.engine.evidence;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import java.io.ByteArrayInputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * The results of a test run, from the XML that JUnit, Surefire, Gradle, pytest, go-junit-report and others write.
 *
 * @param passed names of the tests that passed
 * @param warned that failed first and passed when they were run again (Surefire's {@code flakyFailure})
 * @param failed that failed or broke
 * @param skipped that did not run: neither passed nor failed
 * @param files the reports that were read, by name
 */
public record TestReport(
        List<String> passed,
        List<String> warned,
        List<String> failed,
        List<String> skipped,
        Map<String, Digest> files) {

    private static final int MAX_BYTES = 64 * 1024 * 1024;
    private static final int MAX_TESTS = 1_000_000;
    private static final int MAX_DEPTH = 64;

    /** Names beyond this are counted but not listed: they are for people, and an envelope has its limits. */
    private static final int MAX_LISTED = 2_000;

    private static final int MAX_NAME = 300;

    public TestReport {
        passed = List.copyOf(passed);
        warned = List.copyOf(warned);
        failed = List.copyOf(failed);
        skipped = List.copyOf(skipped);
        files = java.util.Collections.unmodifiableMap(new TreeMap<>(files));
    }

    /**
     * Reads the reports of one run.
     *
     * @param reports by file name
     * @throws EvidenceException if one is not JUnit XML, or if no test ran: that nothing failed proves nothing then
     */
    public static TestReport readJUnit(Map<String, byte[]> reports) throws EvidenceException {
        Reading reading = new Reading();
        Map<String, Digest> files = new TreeMap<>();
        for (Map.Entry<String, byte[]> report : new TreeMap<>(reports).entrySet()) {
            if (report.getValue().length > MAX_BYTES) {
                throw new EvidenceException("the test report " + report.getKey() + " has " + report.getValue().length
                        + " bytes, at most " + MAX_BYTES + " are read");
            }
            try {
                reading.read(report.getValue());
            } catch (XMLStreamException e) {
                throw new EvidenceException(
                        "the test report " + report.getKey() + " cannot be read: " + e.getMessage(), e);
            }
            files.put(report.getKey(), Digest.of(report.getValue()));
        }
        if (reading.passed.isEmpty() && reading.warned.isEmpty() && reading.failed.isEmpty()) {
            throw new EvidenceException("no test ran: " + files.size() + " reports were read, with "
                    + reading.skipped.size() + " skipped tests. Check the pattern that finds the reports");
        }
        return new TestReport(reading.passed, reading.warned, reading.failed, reading.skipped, files);
    }

    /** {@code FAILED} if one failed, {@code WARNED} if one was flaky, else {@code PASSED}. */
    public String result() {
        return !failed.isEmpty() ? "FAILED" : !warned.isEmpty() ? "WARNED" : "PASSED";
    }

    /**
     * The predicate {@link PredicateTypes#TEST_RESULT}. Two members are ours, which the specification's parsing rules let
     * others ignore: {@code summary} with the numbers, and {@code finishedOn}.
     *
     * @param url of the test run; empty when there is none
     */
    public ObjectNode predicate(String url, Instant finishedOn) {
        ObjectNode json = StrictJson.object();
        json.put("result", result());
        ArrayNode configuration = json.putArray("configuration");
        files.forEach((name, digest) -> {
            ObjectNode file = configuration.addObject().put("name", name);
            file.putObject("digest").put(digest.algorithm(), digest.hex());
        });
        if (!url.isEmpty()) {
            json.put("url", url);
        }
        list(json.putArray("passedTests"), passed);
        list(json.putArray("warnedTests"), warned);
        list(json.putArray("failedTests"), failed);
        json.putObject("summary")
                .put("passed", passed.size())
                .put("warned", warned.size())
                .put("failed", failed.size())
                .put("skipped", skipped.size());
        json.put("finishedOn", finishedOn.toString());
        return json;
    }

    private static void list(ArrayNode to, List<String> names) {
        names.stream().limit(MAX_LISTED).forEach(to::add);
    }

    private static final class Reading {

        private final List<String> passed = new ArrayList<>();
        private final List<String> warned = new ArrayList<>();
        private final List<String> failed = new ArrayList<>();
        private final List<String> skipped = new ArrayList<>();

        void read(byte[] content) throws XMLStreamException {
            XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
            // A report is written by the code under test: no entity, no file, no network.
            factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
            factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
            XMLStreamReader xml = factory.createXMLStreamReader(new ByteArrayInputStream(content));
            boolean root = true;
            int depth = 0;
            String test = null;
            int testDepth = 0;
            List<String> verdict = passed;
            while (xml.hasNext()) {
                switch (xml.next()) {
                    case XMLStreamConstants.DTD ->
                        throw new XMLStreamException("it has a document type declaration, which a test report has not");
                    case XMLStreamConstants.START_ELEMENT -> {
                        String name = xml.getLocalName();
                        if (root && !name.equals("testsuite") && !name.equals("testsuites")) {
                            throw new XMLStreamException(
                                    "its root is <" + name + ">, expected <testsuite> or <testsuites>");
                        }
                        root = false;
                        if (++depth > MAX_DEPTH) {
                            throw new XMLStreamException("it is nested deeper than " + MAX_DEPTH);
                        }
                        if (name.equals("testcase")) {
                            test = name(xml);
                            testDepth = depth;
                            verdict = passed;
                        } else if (test == null && (name.equals("failure") || name.equals("error"))) {
                            // Of a suite whose setting up broke: there is no test to blame, and it did not pass.
                            add(failed, "(suite)");
                        } else if (test != null && depth == testDepth + 1) {
                            verdict = worse(verdict, name);
                        }
                    }
                    case XMLStreamConstants.END_ELEMENT -> {
                        if (test != null && depth == testDepth) {
                            add(verdict, test);
                            test = null;
                        }
                        depth--;
                    }
                    default -> {
                        // text and comments
                    }
                }
            }
        }

        private List<String> worse(List<String> verdict, String element) {
            return switch (element) {
                case "failure", "error" -> failed;
                case "skipped" -> verdict == passed ? skipped : verdict;
                case "flakyFailure", "flakyError" -> verdict == passed ? warned : verdict;
                default -> verdict;
            };
        }

        private void add(List<String> verdict, String test) throws XMLStreamException {
            verdict.add(test);
            if (passed.size() + warned.size() + failed.size() + skipped.size() > MAX_TESTS) {
                throw new XMLStreamException("there are more than " + MAX_TESTS + " tests");
            }
        }

        private static String name(XMLStreamReader xml) {
            String type = xml.getAttributeValue(null, "classname");
            String name = xml.getAttributeValue(null, "name");
            String whole = (type == null || type.isEmpty() ? "" : type + ".") + (name == null ? "" : name);
            return whole.length() <= MAX_NAME ? whole : whole.substring(0, MAX_NAME);
        }
    }
}
