package io.jenkins.plugins.countersign.approval;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * Does what comes twice with one key once, and answers both alike. Keys are remembered while Jenkins runs: what a lost answer is
 * asked for again is seconds old, and a statement that is signed twice supersedes itself.
 */
final class Idempotency {

    private static final int REMEMBERED = 1000;
    private static final int MAX_KEY = 200;

    private record Done(List<String> what, CompletableFuture<String> answer) {}

    /** By user and key; a user's name may have spaces. */
    private static final Map<List<String>, Done> DONE = new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<List<String>, Done> eldest) {
            return size() > REMEMBERED;
        }
    };

    private Idempotency() {}

    /**
     * @param keyOrNull from the header {@code Idempotency-Key}; null to do it in any case
     * @param what everything that makes two requests the same one
     */
    static String once(String user, String keyOrNull, List<String> what, Callable<String> act) throws Exception {
        if (keyOrNull == null || keyOrNull.isBlank()) {
            return act.call();
        }
        if (keyOrNull.length() > MAX_KEY) {
            throw new GateActs.ActRefusedException(400, Messages.GateActs_TooLong(MAX_KEY));
        }
        List<String> key = List.of(user, keyOrNull);
        Done mine = new Done(what, new CompletableFuture<>());
        Done first;
        synchronized (DONE) {
            first = DONE.putIfAbsent(key, mine);
        }
        if (first == null) {
            try {
                String answer = act.call();
                mine.answer.complete(answer);
                return answer;
            } catch (Exception e) {
                // What failed may be tried again with the same key.
                synchronized (DONE) {
                    DONE.remove(key, mine);
                }
                mine.answer.completeExceptionally(e);
                throw e;
            }
        }
        if (!first.what.equals(what)) {
            throw new GateActs.ActRefusedException(422, Messages.Idempotency_OtherRequest());
        }
        try {
            return first.answer.get();
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }
}
