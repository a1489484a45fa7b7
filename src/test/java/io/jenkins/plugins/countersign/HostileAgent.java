package io.jenkins.plugins.countersign;

import hudson.remoting.Callable;
import hudson.remoting.Future;
import hudson.remoting.VirtualChannel;

/** What a taken-over agent answers in place of our own request's answer. */
public record HostileAgent(Object answer) implements VirtualChannel {
    @Override
    @SuppressWarnings("unchecked")
    public <V, T extends Throwable> V call(Callable<V, T> callable) {
        return (V) answer;
    }

    @Override
    public <V, T extends Throwable> Future<V> callAsync(Callable<V, T> callable) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {
        // Nothing is open.
    }

    @Override
    public void join() {
        throw new UnsupportedOperationException();
    }

    @Override
    public void join(long timeout) {
        throw new UnsupportedOperationException();
    }

    @Override
    public <T> T export(Class<T> type, T instance) {
        return instance;
    }

    @Override
    public void syncLocalIO() {
        // Nothing is written.
    }
}
