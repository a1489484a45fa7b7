package io.jenkins.plugins.countersign.engine.registry;

/** Tells a registry's "not found" from that of a proxy or a wrong address: what is unknown must not be taken for none. */
final class NotFound {

    private NotFound() {}

    static boolean isClear(Answer answer) throws UnexpectedAnswerException {
        if (answer.status() != 404) {
            return false;
        }
        if (answer.contentType().equals("text/html")) {
            throw answer.unexpected("a registry's answer (a page for people came, so whether it is there is unknown)");
        }
        return true;
    }
}
