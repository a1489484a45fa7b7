package io.jenkins.plugins.countersign.engine.dockerfile;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Makes Dockerfiles up: by a grammar in which every trick has its place, and by damaging given ones. */
final class DockerfileSentences {

    private static final String[] NAMES = {
        "a", "b", "base", "scratch", "x1", "a.b", "alpine", "latest", "golden", "A", "Base", "a-", "context", "k",
        "\u212A"
    };
    private static final String[] VARS = {
        "A",
        "B",
        "BASE",
        "TAG",
        "TARGETARCH",
        "TARGETPLATFORM",
        "BUILDPLATFORM",
        "TARGETSTAGE",
        "X",
        "_y",
        "1",
        "SOURCE_DATE_EPOCH",
        "TARGETVARIANT",
        "HTTP_PROXY"
    };
    private static final String[] IMAGES = {
        "alpine",
        "busybox:1.36",
        "evil.example/x",
        "registry.corp/golden/java:17",
        "localhost:5000/a/b",
        "docker.io/alpine",
        "index.docker.io/library/x",
        "Foo/bar",
        "a__b.c/x",
        "x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "0",
        "1",
        "2",
        "+1",
        "01",
        "99999999999999999999",
        "-1",
        "sha256:abc",
        "[::1]:5000/x",
        "x:y:z",
        "UPPER",
        "a/b/c/d",
        "scratch",
        "Scratch",
        "\uFEFFalpine",
        "a:b@sha384:00",
        "é/x",
        "a..b",
        "a_b",
        "a---b",
        "127.0.0.1/x",
        "x/",
        "/x",
        "x:",
        "a\u00A0b",
        "http://x/y"
    };
    private static final String[] SPACES = {
        " ",
        " ",
        " ",
        " ",
        "\t",
        "  ",
        "\r",
        "\u000B",
        "\f",
        "\u00A0",
        "\u3000",
        " \\\n",
        "\\\n",
        "\\\n# comment\n",
        "\\ \t\n\n  ",
        "`\n",
        "\u200B"
    };
    private static final String[] BITS = {
        "$",
        "{",
        "}",
        ":",
        "-",
        "+",
        "?",
        "#",
        "%",
        "/",
        "\\",
        "`",
        "'",
        "\"",
        "<<",
        "<<EOF",
        "<<-EOF",
        "<<'EOF'",
        "<",
        "EOF",
        "=",
        ",",
        "--",
        "*",
        "\n",
        "\r\n",
        "\u00E0",
        "\uFEFF",
        "${A:-",
        "${B#",
        "${A//",
        "${X/",
        "${A%%",
        "FROM ",
        "AS ",
        "ONBUILD ",
        "--from=",
        "--mount=",
        "from=",
        "type=",
        "[\"",
        "\"]",
        "#",
        "# escape=`\n",
        "# syntax=x/y:1\n",
        "\0",
        "$((1 << 4))",
        "\u0085",
        "\u2028",
        "ſ",
        "İ"
    };

    private static final String[] GOOD_IMAGES = {
        "alpine",
        "busybox:1.36",
        "evil.example/x",
        "registry.corp/golden/java:17",
        "localhost:5000/a/b",
        "docker.io/alpine",
        "Foo/bar",
        "a__b.c/x",
        "x:1",
        "x@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "0",
        "1",
        "99999999999999999999",
        "a",
        "b",
        "base",
        "scratch"
    };
    private static final String[] GOOD_NAMES = {
        "a", "b", "base", "scratch", "x1", "a.b", "alpine", "latest", "golden", "A", "Base"
    };
    private static final String[] GOOD_VARS = {
        "A", "B", "BASE", "TAG", "TARGETARCH", "BUILDPLATFORM", "TARGETSTAGE", "X"
    };

    private final Random random;
    private final List<DockerfileCase> corpus;

    /** How much of this file is senseless, in percent: files in which everything is are refused at their first line. */
    private int wild;

    DockerfileSentences(Random random, List<DockerfileCase> corpus) {
        this.random = random;
        this.corpus = corpus;
    }

    DockerfileCase next(String name) {
        byte[] file;
        wild = new int[] {0, 1, 3, 10, 40}[random.nextInt(5)];
        DockerfileCase origin = null;
        if (!corpus.isEmpty() && chance(45)) {
            origin = corpus.get(random.nextInt(corpus.size()));
            file = damaged(new String(origin.file(), StandardCharsets.UTF_8));
        } else {
            String text = file();
            file = chance(wild) ? damaged(text) : text.getBytes(StandardCharsets.UTF_8);
        }
        return new DockerfileCase(
                name,
                file,
                chance(4) ? name() : origin == null ? null : origin.target(),
                chance(30) ? Map.of(variable(), chance(50) ? image() : word(0)) : origin == null ? null : origin.args(),
                chance(10) ? pick("linux/arm64", "linux/arm/v7", "windows/amd64", "linux/arm", "darwin/arm64") : null,
                chance(15)
                        ? Map.of(
                                pick("a", "alpine", "b", "busybox:1.36", "evil.example/x"),
                                "docker-image://" + pick("ctx", "ctx:1", "scratch"))
                        : Map.of("unused-context", "docker-image://scratch"),
                chance(5),
                chance(5)
                        ? Map.of(
                                "docker.io/library/alpine:latest",
                                List.of(instruction(1)
                                        .replace("alpine", "trigger")
                                        .replace("\n", " ")))
                        : null);
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private String pick(String... of) {
        return of[random.nextInt(of.length)];
    }

    private byte[] damaged(String text) {
        StringBuilder damaged = new StringBuilder(text);
        int times = 1 + random.nextInt(3);
        for (int i = 0; i < times; i++) {
            int at = random.nextInt(damaged.length() + 1);
            switch (random.nextInt(6)) {
                case 0 -> damaged.insert(at, pick(BITS));
                case 1 -> damaged.delete(at, Math.min(damaged.length(), at + 1 + random.nextInt(4)));
                case 2 -> damaged.insert(at, pick(SPACES));
                case 3 -> damaged.insert(at, instruction(0) + "\n");
                case 4 -> {
                    int to = Math.min(damaged.length(), at + random.nextInt(12));
                    damaged.insert(random.nextInt(damaged.length() + 1), damaged.substring(at, to));
                }
                default -> damaged.insert(at, word(1));
            }
        }
        byte[] bytes = damaged.toString().getBytes(StandardCharsets.UTF_8);
        if (chance(5) && bytes.length > 0) {
            bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
        return bytes;
    }

    private String file() {
        StringBuilder file = new StringBuilder();
        if (chance(5)) {
            file.append('\uFEFF');
        }
        if (chance(4)) {
            file.append("#!/usr/bin/env x\n");
        }
        while (chance(15)) {
            file.append(
                    !chance(wild)
                            ? pick(
                                    "# escape=`\n",
                                    "#escape = \\\n",
                                    "# syntax=docker/dockerfile:1\n",
                                    "# comment\n",
                                    "\n",
                                    " # syntax=y\n")
                            : pick(
                                    "# escape=`\n",
                                    "#escape = \\\n",
                                    "# syntax=docker/dockerfile:1\n",
                                    "// syntax=x\n",
                                    " # syntax=y\n",
                                    "# foo=bar\n",
                                    "# comment\n",
                                    "\n",
                                    "# check=skip=all\n",
                                    "# check=x\n",
                                    "#\tSYNTAX =z y \n",
                                    "  # escape=`\n",
                                    "# escape=x\n",
                                    "#\n"));
        }
        while (chance(45)) {
            file.append(pick("ARG", "arg", "ARG --x"))
                    .append(space())
                    .append(argument())
                    .append(chance(20) ? space() + argument() : "")
                    .append('\n');
        }
        int stages = 1 + random.nextInt(4);
        for (int i = 0; i < stages; i++) {
            file.append(from());
            while (chance(60)) {
                file.append(instruction(0)).append(chance(95) ? "\n" : "\r\n");
            }
        }
        return file.toString();
    }

    private String image() {
        return chance(wild) ? pick(IMAGES) : pick(GOOD_IMAGES);
    }

    private String name() {
        return chance(wild) ? pick(NAMES) : pick(GOOD_NAMES);
    }

    private String variable() {
        return chance(wild) ? pick(VARS) : pick(GOOD_VARS);
    }

    private String from() {
        return pick("FROM", "FROM", "from", chance(wild) ? "FR\\\nOM" : "From") + space()
                + (chance(12)
                        ? "--platform="
                                + pick(
                                        "linux/arm64",
                                        "$BUILDPLATFORM",
                                        !chance(wild)
                                                ? "$TARGETPLATFORM"
                                                : pick(
                                                        "linux/arm64",
                                                        "$BUILDPLATFORM",
                                                        "$TARGETPLATFORM",
                                                        "arm64",
                                                        "linux",
                                                        "${X}",
                                                        "x",
                                                        "linux/a/b/c",
                                                        "\"linux/amd64\"",
                                                        "windows(10.0)/amd64",
                                                        "$TARGETOS/amd64"))
                                + space()
                        : "")
                + (chance(35) ? name() : word(0))
                + (chance(55)
                        ? space()
                                + (chance(wild) ? pick("As", "aſ", "ASS", "AS x") : pick("AS", "as"))
                                + space()
                                + name()
                        : "")
                + (chance(wild / 3) ? " # comment" : "") + "\n";
    }

    private String argument() {
        return variable()
                + (chance(85)
                        ? "="
                                + (chance(70)
                                        ? word(0)
                                        : chance(wild) ? pick("\"\"", "'a b'", "\"$A $B\"", "", "a b") : image())
                        : "");
    }

    private String space() {
        return !chance(wild) ? " " : pick(SPACES);
    }

    private String word(int depth) {
        if (depth > 3) {
            return "z";
        }
        StringBuilder word = new StringBuilder();
        int parts = !chance(wild) ? 1 : 1 + random.nextInt(3);
        for (int i = 0; i < parts; i++) {
            switch (chance(wild) || depth == 0 && chance(25) ? random.nextInt(9) : random.nextInt(5)) {
                case 0, 1, 2 -> word.append(image());
                case 3 -> word.append('$').append(variable());
                case 4 -> word.append("${").append(variable()).append('}');
                case 5 ->
                    word.append("${")
                            .append(variable())
                            .append(
                                    (chance(wild)
                                            ? pick(":?", "?", ":", "=", "^", ":=", ":/", ":#")
                                            : pick(":-", "-", ":+", "+", "#", "##", "%", "%%", "/", "//")))
                            .append(
                                    chance(75)
                                            ? pick(
                                                    "a*", "*", "?", "*i*", "al", "**", "\\*", "a?p", "x/y", "e/$0",
                                                    "b\\/c/d", "", "/", "*/", ":*", "e/\\$0z", "/*")
                                            : word(depth + 1))
                            .append(!chance(wild / 4) ? "}" : "");
                case 6 -> word.append('"').append(word(depth + 1)).append(!chance(wild / 4) ? "\"" : "");
                case 7 -> word.append('\'').append(image()).append(!chance(wild / 4) ? "'" : "");
                default ->
                    word.append(pick("\\a", "\\$A", "-", ".", ":", "/", "@", "_", "v1", "\\\\", "`a", "\\\"", "$"));
            }
        }
        return word.toString();
    }

    private String source() {
        return chance(50) ? name() : image();
    }

    private String mount() {
        return pick(
                        "--mount=",
                        "--mount=",
                        "--mount=type=cache,",
                        "--mount=type=bind,",
                        "--mount=type=tmpfs,",
                        "--mount=type=secret,id=x,",
                        "--mount=type=ssh,",
                        "--\"mount=\"",
                        "--mo\\unt=")
                + pick(
                        "",
                        "from=" + source() + ",",
                        "FROM=" + source() + ",",
                        "\"from=" + source() + "\",",
                        "from=$A,",
                        "from=,",
                        "from=" + source() + ",from=" + source() + ",",
                        "type=$B,",
                        "ro,",
                        "size=1k,",
                        "required,",
                        "rw=0,")
                + pick("target=/x", "dst=/x", "target=$A", "target=x", "", "target=/x,source=y", "target=/x,uid=1");
    }

    private String instruction(int depth) {
        String heredoc = pick("EOF", "FROM", "x");
        return switch (random.nextInt(depth == 0 ? 20 : 12)) {
            case 0, 1 ->
                "COPY" + space() + "--from=" + (!chance(wild) ? source() : word(1)) + space() + "/x" + space() + "/y";
            case 2 ->
                "RUN" + space()
                        + (chance(wild)
                                ? mount()
                                : "--mount=" + pick("", "type=cache,", "type=tmpfs,", "type=ssh,") + "from=" + source()
                                        + ",target=/x")
                        + space() + "true";
            case 3 ->
                chance(wild)
                        ? "RUN" + space() + mount() + space() + mount() + " true"
                        : "RUN --mount=type=cache,target=/c --mount=target=/y,from=" + source() + " x";
            case 4 ->
                !chance(wild)
                        ? "RUN " + pick("", "cat ", "3", "$X ", "\"x\" ") + pick("<<", "<<-") + heredoc
                                + "\nFROM evil.example/heredoc\n\tx\\\n" + heredoc
                        : "RUN " + pick("", "cat ", "it's ", "a", "3", "\"x\" ", "$X ", "${X:-y} ", "[\"x\", ", "# ")
                                + pick("<<", "<<-", "<< ", "<<<", "\\<<", "< <") + pick("", "'", "\"", "\\") + heredoc
                                + pick("", "", "'", "\"", "\"'") + pick("", " <<B", "\\\n") + "\n"
                                + pick("FROM evil.example/heredoc\n", "echo\n", "", "\tx\\\n", "# c\n") + pick("", "\t")
                                + (chance(90) ? heredoc : "nope") + "\n" + (chance(30) ? "B\n" : "");
            case 5 ->
                "COPY " + pick("<<", "<<-") + heredoc + " /x\n" + pick("$X\n", "FROM y\n", "${A:?z}\n") + heredoc
                        + "\n";
            case 6 -> "ENV " + (chance(80) ? argument() : "A  b c");
            case 7 -> "ARG " + argument();
            case 8 ->
                !chance(wild)
                        ? "ADD http://x/y $A /z"
                        : "ADD "
                                + pick(
                                        "http://x/y",
                                        "https://g/x.git",
                                        "git@h:p",
                                        "$A",
                                        "${URL}",
                                        "--from=x y",
                                        "--checksum=sha256:00 https://x/y",
                                        "git://h/p?x=y",
                                        "[\"a\"")
                                + " /z" + pick("", "]", "\"]");
            case 9 -> "WORKDIR " + word(2);
            case 10 ->
                !chance(wild)
                        ? "EXPOSE 80 $A"
                        : "EXPOSE " + pick("80", "80/tcp", "1-2", "$A", "x", "80:80", "70000", "80/x", "1.2.3.4:1:2");
            case 11 ->
                !chance(wild)
                        ? pick(
                                "LABEL a=b",
                                "USER $A",
                                "VOLUME [\"/x\"]",
                                "STOPSIGNAL SIGKILL",
                                "CMD x <<EOF",
                                "HEALTHCHECK NONE",
                                "ARG a b=$A",
                                "RUN [\"a\", \"<<EOF\"]")
                        : pick(
                                "LABEL a=b",
                                "LABEL a",
                                "USER x",
                                "USER a b",
                                "VOLUME /x",
                                "VOLUME [\"\"]",
                                "STOPSIGNAL 9",
                                "STOPSIGNAL SIGKILL",
                                "STOPSIGNAL --x nope",
                                "SHELL [\"a\"]",
                                "SHELL a",
                                "CMD [\"a\", 1]",
                                "CMD [\"a\", 1e999]",
                                "CMD x <<EOF",
                                "ENTRYPOINT []",
                                "HEALTHCHECK NONE",
                                "HEALTHCHECK --interval=1s CMD x",
                                "HEALTHCHECK --interval=x CMD y",
                                "HEALTHCHECK NONE x",
                                "MAINTAINER a",
                                "HELLO world",
                                "WOR\u212ADIR /x",
                                "ARG a b=$A",
                                "COPY x",
                                "COPY [\"a\", \"b\"]",
                                "COPY --chmod=u+x a b",
                                "COPY --chmod=9 a b",
                                "RUN --network=host x",
                                "RUN --network=x y",
                                "RUN --security=insecure x",
                                "RUN --device=a,b x",
                                "RUN --x y",
                                "COPY --link=maybe a b",
                                "COPY --link a b",
                                "ENTRYPOINT [\"a\"",
                                "RUN [\"a\", \"<<EOF\"]",
                                "RUN");
            case 12, 13, 14 ->
                (chance(wild) ? pick("ONBUILD\t", "ONBU\\\nILD ", "onbuild ", "ONBUİLD ") : "ONBUILD ")
                        + instruction(depth + 1);
            case 15 ->
                !chance(wild)
                        ? ""
                        : "ONBUILD " + pick("ONBUILD RUN x", "FROM x", "MAINTAINER x", "", "HELLO", "--x RUN y");
            case 16 ->
                !chance(wild)
                        ? "# comment"
                        : pick(
                                "# comment",
                                "  # comment",
                                "",
                                "   ",
                                "\\",
                                "\u00A0RUN x",
                                "\u200BRUN x",
                                "RUN x \\",
                                "RUN a\\\\",
                                "RUN x `");
            default -> "RUN " + word(1);
        };
    }
}
