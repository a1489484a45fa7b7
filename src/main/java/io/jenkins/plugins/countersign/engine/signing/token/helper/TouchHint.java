package io.jenkins.plugins.countersign.engine.signing.token.helper;

/** Says after a while that somebody should touch the token: nothing in PKCS#11 tells that it waits for that. */
final class TouchHint implements AutoCloseable {

    private final Thread thread;

    TouchHint(Runnable hint, long afterMillis) {
        thread = new Thread(
                () -> {
                    try {
                        Thread.sleep(afterMillis);
                    } catch (InterruptedException answeredInTime) {
                        return;
                    }
                    hint.run();
                },
                "touch hint");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
