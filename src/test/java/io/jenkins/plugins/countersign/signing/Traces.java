package io.jenkins.plugins.countersign.signing;

import java.io.IOException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.htmlunit.Page;
import org.htmlunit.html.DomElement;
import org.htmlunit.html.HtmlAnchor;
import org.htmlunit.html.HtmlPage;
import org.jvnet.hudson.test.JenkinsRule;

/** Where a secret could show: every page below a URL, and what the system shows of every process. */
final class Traces {

    private static final int MAX_LINKS = 15;

    private Traces() {}

    /**
     * Reads the pages and their machine-readable forms, and some of those below them that they link to.
     *
     * @return how many pages were read
     */
    static int pages(JenkinsRule r, Canaries canaries, boolean links, String... urls) throws Exception {
        Set<String> seen = new HashSet<>();
        int walked = 0;
        Deque<String> next = new ArrayDeque<>();
        String root = r.getURL().toString();
        try (JenkinsRule.WebClient browser =
                r.createWebClient().withJavaScriptEnabled(false).withThrowExceptionOnFailingStatusCode(false)) {
            for (String url : urls) {
                for (String form : new String[] {
                    "", "consoleText", "config.xml", "api/json?depth=2", "flowGraphTable/", "replay/", "console"
                }) {
                    next.add(root + url + form);
                }
                while (!next.isEmpty()) {
                    String one = next.remove();
                    if (!seen.add(one)) {
                        continue;
                    }
                    Page page = browser.getPage(new URL(one));
                    canaries.assertNotIn(one, page.getWebResponse().getContentAsString());
                    if (links && page instanceof HtmlPage html) {
                        for (DomElement element : html.getElementsByTagName("a")) {
                            String to = html.getFullyQualifiedUrl(((HtmlAnchor) element).getHrefAttribute())
                                    .toString()
                                    .replaceFirst("#.*", "");
                            if (to.startsWith(root + url) && !seen.contains(to) && walked < MAX_LINKS) {
                                walked++;
                                next.add(to);
                            }
                        }
                    }
                }
            }
        }
        return seen.size();
    }

    /**
     * Looks at the arguments and the environment of this process and all that it started: agents and their helpers too.
     *
     * @return how many of them are helpers of tokens
     */
    static int processes(Canaries canaries) {
        int helpers = 0;
        for (ProcessHandle process : Stream.concat(
                        Stream.of(ProcessHandle.current()),
                        ProcessHandle.current().descendants())
                .toList()) {
            Path shown = Path.of("/proc", Long.toString(process.pid()));
            String seen;
            try {
                seen = read(shown.resolve("cmdline")) + "\n" + read(shown.resolve("environ"));
            } catch (IOException endedMeanwhile) {
                continue;
            }
            canaries.assertNotIn("the process " + seen, seen);
            helpers += seen.contains("token.helper.HelperMain") ? 1 : 0;
        }
        return helpers;
    }

    private static String read(Path file) throws IOException {
        return new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
    }
}
