package io.jenkins.plugins.countersign.signing;

import edu.umd.cs.findbugs.annotations.NonNull;
import hudson.Extension;
import hudson.model.Action;
import hudson.model.InvisibleAction;
import hudson.model.Run;
import hudson.model.TaskListener;
import io.jenkins.plugins.countersign.engine.signing.token.TokenNotice;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import jenkins.model.TransientActionFactory;
import org.kohsuke.accmod.Restricted;
import org.kohsuke.accmod.restrictions.NoExternalUse;

/** While a build waits for a token: what to do, in its log and on its page. Nothing of it is kept. */
final class TokenWait implements TokenNotices, AutoCloseable {

    private static final Map<String, TokenNotice> WAITING = new ConcurrentHashMap<>();

    private final String build;
    private final TaskListener listener;

    TokenWait(Run<?, ?> run, TaskListener listener) {
        build = run.getExternalizableId();
        this.listener = listener;
    }

    @Override
    public void on(TokenNotice notice) {
        listener.getLogger().println("*** " + notice.message() + " ***");
        WAITING.put(build, notice);
    }

    @Override
    public void close() {
        WAITING.remove(build);
    }

    /** On the build's page. */
    @Restricted(NoExternalUse.class)
    public static final class PageAction extends InvisibleAction {
        private final TokenNotice notice;

        PageAction(TokenNotice notice) {
            this.notice = notice;
        }

        public String getMessage() {
            return switch (notice) {
                case TOUCH_NOW -> Messages.TokenWait_TouchNow();
                case TOUCH_AGAIN -> Messages.TokenWait_TouchAgain();
                case WAITING_FOR_OTHERS -> Messages.TokenWait_Waiting();
                case PIN_COUNT_LOW -> Messages.TokenWait_PinCountLow();
            };
        }
    }

    @Extension
    @SuppressWarnings("rawtypes")
    public static final class PageActionFactory extends TransientActionFactory<Run> {

        @Override
        public Class<Run> type() {
            return Run.class;
        }

        @NonNull
        @Override
        public Collection<? extends Action> createFor(@NonNull Run run) {
            if (WAITING.isEmpty()) {
                return List.of();
            }
            TokenNotice notice = WAITING.get(run.getExternalizableId());
            return notice == null ? List.of() : List.of(new PageAction(notice));
        }
    }
}
