package io.jenkins.plugins.countersign.approval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** Debian's Chromium without a window, driven through its DevTools protocol. Each instance is a browser of its own. */
public final class Chromium implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long PATIENCE = TimeUnit.SECONDS.toNanos(180);

    private static final Set<String> CONTROLS = Set.of(
            "button",
            "link",
            "textbox",
            "searchbox",
            "combobox",
            "listbox",
            "checkbox",
            "radio",
            "dialog",
            "DisclosureTriangle");

    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicInteger numbers = new AtomicInteger();
    private final List<String> complaints = new CopyOnWriteArrayList<>();
    private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

    private Chromium(Process process, Path profile, WebSocket socket) {
        this.process = process;
        this.profile = profile;
        this.socket = socket;
    }

    public static Chromium start(Path profile) throws Exception {
        Process process = new ProcessBuilder(List.of(
                        "chromium",
                        "--headless=new",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--disable-dev-shm-usage",
                        "--disable-background-networking",
                        "--no-first-run",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank"))
                .redirectErrorStream(true)
                .start();
        BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        String line = lines.readLine();
        while (line != null && !line.contains("DevTools listening on ")) {
            line = lines.readLine();
        }
        if (line == null) {
            throw new IllegalStateException("chromium did not start");
        }
        Thread drain = new Thread(() -> lines.lines().forEach(ignored -> {}), "chromium output");
        drain.setDaemon(true);
        drain.start();
        URI browser = URI.create(line.substring(line.indexOf("ws://")).trim());
        HttpClient client = HttpClient.newHttpClient();
        HttpResponse<String> page = client.send(
                HttpRequest.newBuilder(URI.create("http://" + browser.getAuthority() + "/json/new?about:blank"))
                        .PUT(HttpRequest.BodyPublishers.noBody())
                        .build(),
                HttpResponse.BodyHandlers.ofString());
        Listener listener = new Listener();
        WebSocket socket = client.newWebSocketBuilder()
                .buildAsync(
                        URI.create(JSON.readTree(page.body())
                                .path("webSocketDebuggerUrl")
                                .asText()),
                        listener)
                .get(30, TimeUnit.SECONDS);
        Chromium chromium = new Chromium(process, profile, socket);
        listener.owner = chromium;
        chromium.send("Page.enable", Map.of());
        chromium.send("Log.enable", Map.of());
        chromium.send("Runtime.enable", Map.of());
        chromium.send("Accessibility.enable", Map.of());
        return chromium;
    }

    private static final class Listener implements WebSocket.Listener {
        private final StringBuilder text = new StringBuilder();
        private volatile Chromium owner;

        @Override
        public CompletionStage<?> onText(WebSocket webSocket, CharSequence data, boolean last) {
            text.append(data);
            if (last) {
                try {
                    JsonNode message = JSON.readTree(text.toString());
                    text.setLength(0);
                    CompletableFuture<JsonNode> waiting =
                            owner.answers.remove(message.path("id").asInt(-1));
                    if (waiting != null) {
                        waiting.complete(message);
                    } else {
                        owner.heard(message);
                    }
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            }
            webSocket.request(1);
            return null;
        }
    }

    private JsonNode send(String method, Map<String, ?> parameters) throws Exception {
        int id = numbers.incrementAndGet();
        ObjectNode message = JSON.createObjectNode().put("id", id).put("method", method);
        message.set("params", JSON.valueToTree(parameters));
        CompletableFuture<JsonNode> answer = new CompletableFuture<>();
        answers.put(id, answer);
        socket.sendText(message.toString(), true).get(30, TimeUnit.SECONDS);
        JsonNode found = answer.get(60, TimeUnit.SECONDS);
        if (found.has("error")) {
            throw new IllegalStateException(method + ": " + found.path("error"));
        }
        return found.path("result");
    }

    public void size(int width, int height) throws Exception {
        send(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    /** The language that the person's browser asks for. */
    public void language(String tag) throws Exception {
        send(
                "Emulation.setUserAgentOverride",
                Map.of("userAgent", evaluate("navigator.userAgent"), "acceptLanguage", tag));
    }

    /** What the person's system asks for; Jenkins' themes follow it if they are told to. */
    public void dark(boolean dark) throws Exception {
        send(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    public void open(String url) throws Exception {
        evaluate("window.leaving = true");
        send("Page.navigate", Map.of("url", url));
        await("!window.leaving && document.readyState === 'complete'");
    }

    /** The value of an expression, as text. */
    public String evaluate(String expression) throws Exception {
        JsonNode result = send(
                "Runtime.evaluate",
                Map.of("expression", expression, "returnByValue", true, "awaitPromise", true, "userGesture", true));
        if (result.has("exceptionDetails")) {
            throw new IllegalStateException(expression + ": " + result.path("exceptionDetails"));
        }
        return result.path("result").path("value").asText();
    }

    public void await(String condition) throws Exception {
        long deadline = System.nanoTime() + PATIENCE;
        while (true) {
            try {
                if (evaluate("Boolean(" + condition + ")").equals("true")) {
                    return;
                }
            } catch (IllegalStateException e) {
                // The page is being exchanged for another.
                if (System.nanoTime() > deadline) {
                    throw e;
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("never true: " + condition);
            }
            TimeUnit.MILLISECONDS.sleep(50);
        }
    }

    private void heard(JsonNode message) {
        JsonNode parameters = message.path("params");
        switch (message.path("method").asText()) {
            case "Log.entryAdded" -> {
                JsonNode entry = parameters.path("entry");
                if (entry.path("level").asText().equals("error")) {
                    complaints.add(entry.path("source").asText() + ": "
                            + entry.path("text").asText() + " "
                            + entry.path("url").asText());
                }
            }
            case "Runtime.exceptionThrown" ->
                complaints.add("exception: "
                        + parameters
                                .path("exceptionDetails")
                                .path("exception")
                                .path("description")
                                .asText());
            case "Runtime.consoleAPICalled" -> {
                if (parameters.path("type").asText().equals("error")) {
                    complaints.add("console: " + parameters.path("args"));
                }
            }
            default -> {
                // Not asked for.
            }
        }
    }

    /** Errors of the console since the browser was started: violations of the content security policy, scripts that failed. */
    public List<String> complaints() {
        return List.copyOf(complaints);
    }

    /** Runs in every page before the page's own scripts. */
    public void before(String script) throws Exception {
        send("Page.addScriptToEvaluateOnNewDocument", Map.of("source", script));
    }

    /**
     * What does not stand out from what is behind it by 4.5 to 1 (Web Content Accessibility Guidelines 2.2, 1.4.3); empty if all text
     * does. Buttons are left out: they paint theirs elsewhere.
     */
    public String unreadable(String selector) throws Exception {
        return evaluate("""
                        (() => {
                          const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
                          const rgba = (color) => {
                            canvas.clearRect(0, 0, 1, 1);
                            canvas.fillStyle = color;
                            canvas.fillRect(0, 0, 1, 1);
                            return canvas.getImageData(0, 0, 1, 1).data;
                          };
                          const light = (c) => [0, 1, 2].map(i => c[i] / 255)
                            .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
                            .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
                          const behind = (element) => {
                            for (let e = element; e; e = e.parentElement) {
                              const c = rgba(getComputedStyle(e).backgroundColor);
                              if (c[3] > 200) return c;
                            }
                            return rgba(getComputedStyle(document.documentElement).backgroundColor);
                          };
                          const poor = new Set();
                          document.querySelectorAll("SELECTOR *").forEach(e => {
                            const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
                            if (!own || !e.checkVisibility() || e.closest("button") || e.matches(":disabled, option, script, style")) return;
                            const a = light(rgba(getComputedStyle(e).color)) + 0.05;
                            const b = light(behind(e)) + 0.05;
                            const ratio = Math.max(a, b) / Math.min(a, b);
                            if (ratio < 4.5) poor.add(e.tagName + "." + e.className + " " + ratio.toFixed(2));
                          });
                          return [...poor].join(", ");
                        })()""".replace("SELECTOR", selector));
    }

    /** Roles of the controls within an element that a screen reader has no name for. */
    public List<String> nameless(String selector) throws Exception {
        JsonNode element =
                send("Runtime.evaluate", Map.of("expression", "document.querySelector(" + quoted(selector) + ")"));
        String id = element.path("result").path("objectId").asText();
        List<String> nameless = new ArrayList<>();
        int controls = 0;
        for (JsonNode node :
                send("Accessibility.queryAXTree", Map.of("objectId", id)).path("nodes")) {
            String role = node.path("role").path("value").asText();
            if (node.path("ignored").asBoolean() || !CONTROLS.contains(role)) {
                continue;
            }
            controls++;
            if (node.path("name").path("value").asText().isBlank()) {
                nameless.add(role + " " + node.path("backendDOMNodeId"));
            }
        }
        if (controls == 0) {
            throw new IllegalStateException("no control is in " + selector);
        }
        return nameless;
    }

    /** Presses a key: {@code Tab}, {@code Enter}, {@code Escape}. */
    public void press(String key) throws Exception {
        int code = Map.of("Tab", 9, "Enter", 13, "Escape", 27).get(key);
        Map<String, Object> down = new java.util.LinkedHashMap<>();
        down.put("type", "keyDown");
        down.put("key", key);
        down.put("code", key);
        down.put("windowsVirtualKeyCode", code);
        if (key.equals("Enter")) {
            down.put("text", "\r");
        }
        send("Input.dispatchKeyEvent", down);
        send("Input.dispatchKeyEvent", Map.of("type", "keyUp", "key", key, "code", key, "windowsVirtualKeyCode", code));
    }

    /** Goes there as people without a mouse do. */
    public void tabTo(String selector) throws Exception {
        for (int i = 0; i < 80; i++) {
            if (evaluate("document.activeElement.matches(" + quoted(selector) + ")")
                    .equals("true")) {
                return;
            }
            press("Tab");
        }
        throw new IllegalStateException("the keyboard does not reach " + selector);
    }

    public void click(String selector) throws Exception {
        await("document.querySelector(" + quoted(selector) + ")");
        evaluate("document.querySelector(" + quoted(selector) + ").click()");
    }

    public void type(String selector, String text) throws Exception {
        await("document.querySelector(" + quoted(selector) + ")");
        evaluate("document.querySelector(" + quoted(selector) + ").focus()");
        send("Input.insertText", Map.of("text", text));
    }

    public void logIn(String jenkins, String user) throws Exception {
        open(jenkins + "login");
        type("input[name=j_username]", user);
        type("input[name=j_password]", user);
        evaluate("window.leaving = true; document.querySelector('form[name=login]').requestSubmit()");
        await("!window.leaving && document.readyState === 'complete'");
    }

    /** Waits until what moves has arrived; what turns for ever, as the sign of a running build, is not waited for. */
    public void settle() throws Exception {
        evaluate("Promise.all(document.getAnimations()"
                + ".filter(a => Number.isFinite(a.effect.getComputedTiming().endTime))"
                + ".map(a => a.finished.catch(() => 0))).then(() => 1)");
    }

    public void picture(Path file) throws Exception {
        picture(file, null);
    }

    /** @param selectorOrNull the part of the page; null for what the window shows */
    public void picture(Path file, String selectorOrNull) throws Exception {
        // A half-open dialog is nobody's picture.
        settle();
        Files.createDirectories(file.getParent());
        Map<String, Object> parameters = new java.util.LinkedHashMap<>();
        parameters.put("format", "png");
        if (selectorOrNull != null) {
            JsonNode clip = JSON.readTree(evaluate("(() => { const r = document.querySelector(" + quoted(selectorOrNull)
                    + ").getBoundingClientRect(); return JSON.stringify({x: r.x + scrollX, y: r.y + scrollY,"
                    + " width: r.width, height: r.height, scale: 1}) })()"));
            parameters.put("clip", clip);
            parameters.put("captureBeyondViewport", true);
        }
        Files.write(
                file,
                Base64.getDecoder()
                        .decode(send("Page.captureScreenshot", parameters)
                                .path("data")
                                .asText()));
    }

    private static String quoted(String text) throws Exception {
        return JSON.writeValueAsString(text);
    }

    @Override
    public void close() throws Exception {
        process.destroy();
        if (!process.waitFor(10, TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
        socket.abort();
        hudson.Util.deleteRecursive(profile.toFile());
    }
}
