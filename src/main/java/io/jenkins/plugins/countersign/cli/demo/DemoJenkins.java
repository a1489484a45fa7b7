package io.jenkins.plugins.countersign.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.CookieManager;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * Walks through the example job of docs/example in a Jenkins on this machine, by the same requests that people's browsers
 * make: starts it, shows its log, and approves as each of the demonstration's people when it is their turn.
 */
public final class DemoJenkins {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern NOTES = Pattern.compile("\u001B\\[8mha:.*?\u001B\\[0m");
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final String url;
    private final PrintWriter out;
    private final Map<String, HttpClient> browsers = new HashMap<>();

    /** @param url of Jenkins, with a slash at the end */
    public DemoJenkins(String url, PrintWriter out) {
        this.url = url;
        this.out = out;
    }

    /** @throws IOException if Jenkins does not come up, or the example does not end in success */
    public void walk() throws IOException, InterruptedException {
        awaitJenkins();
        post("builder", "job/example/build", Map.of());
        Deque<String> approvers = new ArrayDeque<>(List.of("carol", "frank", "alice", "grace"));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        long shown = 0;
        while (System.nanoTime() < deadline) {
            HttpResponse<String> log = get("builder", "job/example/1/logText/progressiveText?start=" + shown);
            if (log.statusCode() == 200) {
                show(log.body());
                shown = log.headers().firstValueAsLong("X-Text-Size").orElse(shown);
                if (log.headers().firstValue("X-More-Data").isEmpty()) {
                    requireSuccess();
                    return;
                }
            }
            if (!approvers.isEmpty() && approve(approvers.peek())) {
                approvers.remove();
            }
            Thread.sleep(BETWEEN_LOOKS.toMillis());
        }
        throw new IOException("the example did not end within " + PATIENCE.toMinutes() + " minutes");
    }

    /** Without what Jenkins hides between the lines for its pages, and without the names of steps. */
    private void show(String log) {
        NOTES.matcher(log)
                .replaceAll("")
                .lines()
                .filter(line -> !line.startsWith("[Pipeline]") && !line.isBlank())
                .forEach(out::println);
        out.flush();
    }

    private void awaitJenkins() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (System.nanoTime() < deadline) {
            try {
                if (get("builder", "job/example/api/json").statusCode() == 200) {
                    return;
                }
            } catch (IOException notYet) {
                // It is still starting.
            }
            Thread.sleep(BETWEEN_LOOKS.toMillis());
        }
        throw new IOException("Jenkins did not come up at " + url + " within " + PATIENCE.toMinutes() + " minutes");
    }

    /** Whether there was a gate that waited for the person, and they have approved there. */
    private boolean approve(String person) throws IOException, InterruptedException {
        HttpResponse<String> waiting = get(person, "countersign-waiting/api/json?depth=2");
        if (waiting.statusCode() != 200) {
            return false;
        }
        for (JsonNode gate : JSON.readTree(waiting.body()).path("gates")) {
            out.println("== " + person + " sees on the page \"waiting for me\": stage "
                    + gate.path("stage").asText() + ", " + gate.path("image").asText());
            out.println("   " + gate.path("why").asText());
            HttpResponse<String> answer = post(
                    person,
                    gate.path("url").asText() + "approve",
                    Map.of(
                            "digest",
                            gate.path("digest").asText(),
                            "credentialsId",
                            "my-key",
                            "role",
                            "",
                            "comment",
                            "looks good to " + person));
            out.println("== " + person + " approves: "
                    + JSON.readTree(answer.body()).path("message").asText());
            return true;
        }
        return false;
    }

    private void requireSuccess() throws IOException, InterruptedException {
        String result = JSON.readTree(get("builder", "job/example/1/api/json").body())
                .path("result")
                .asText();
        if (!result.equals("SUCCESS")) {
            throw new IOException("the example ended with " + result);
        }
    }

    private HttpResponse<String> get(String user, String path) throws IOException, InterruptedException {
        return send(user, request(user, path).GET().build());
    }

    private HttpResponse<String> post(String user, String path, Map<String, String> fields)
            throws IOException, InterruptedException {
        JsonNode crumb = JSON.readTree(get(user, "crumbIssuer/api/json").body());
        StringBuilder form = new StringBuilder();
        fields.forEach((name, value) -> form.append(form.isEmpty() ? "" : "&")
                .append(name)
                .append('=')
                .append(URLEncoder.encode(value, StandardCharsets.UTF_8)));
        HttpResponse<String> answer = send(
                user,
                request(user, path)
                        .header("Content-Type", "application/x-www-form-urlencoded")
                        .header(
                                crumb.path("crumbRequestField").asText(),
                                crumb.path("crumb").asText())
                        .POST(HttpRequest.BodyPublishers.ofString(form.toString()))
                        .build());
        if (answer.statusCode() >= 400) {
            throw new IOException(user + " got " + answer.statusCode() + " from " + path + ": " + answer.body());
        }
        return answer;
    }

    private HttpRequest.Builder request(String user, String path) {
        String login =
                Base64.getEncoder().encodeToString((user + ":" + DemoCast.PASSWORD).getBytes(StandardCharsets.UTF_8));
        return HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(60))
                .header("Authorization", "Basic " + login)
                .header("Accept", "application/json, text/plain");
    }

    /** A crumb is good for the session that it was given to: each person has a browser of their own. */
    private HttpResponse<String> send(String user, HttpRequest request) throws IOException, InterruptedException {
        return browsers.computeIfAbsent(
                        user,
                        name -> HttpClient.newBuilder()
                                .cookieHandler(new CookieManager())
                                .version(HttpClient.Version.HTTP_1_1)
                                .build())
                .send(request, HttpResponse.BodyHandlers.ofString());
    }
}
