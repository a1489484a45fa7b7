package io.jenkins.plugins.countersign.engine.signing.token.helper;

/** Says after a while what a library that has not answered probably waits for: nothing in PKCS#11 tells. */
final class LateHint implements AutoCloseable {

    private final Thread thread;

    LateHint(Runnable hint, long afterMillis) {
        thread = new Thread(
                () -> {
                    try {
                        Thread.sleep(afterMillis);
                    } catch (InterruptedException answeredInTime) {
                        return;
                    }
                    hint.run();
                },
                "late hint");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        thread.interrupt();
    }
}
