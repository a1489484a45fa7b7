package io.jenkins.plugins.countersign.cli;

import io.jenkins.plugins.countersign.engine.approval.StatementException;
import io.jenkins.plugins.countersign.engine.audit.LedgerException;
import io.jenkins.plugins.countersign.engine.contenttrust.ContentTrustException;
import io.jenkins.plugins.countersign.engine.dockerfile.DockerfileException;
import io.jenkins.plugins.countersign.engine.goldenbase.CatalogueException;
import io.jenkins.plugins.countersign.engine.promotion.PromotionException;
import io.jenkins.plugins.countersign.engine.registry.RegistryException;
import io.jenkins.plugins.countersign.engine.request.RequestException;
import io.jenkins.plugins.countersign.engine.signing.VerificationException;
import io.jenkins.plugins.countersign.engine.signing.keys.KeyException;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import java.io.PrintWriter;
import java.nio.file.NoSuchFileException;
import java.util.LinkedHashMap;
import java.util.Map;

/** A command that ended without its answer: which exit code, and what people read. */
final class Failure extends Exception {

    private static final long serialVersionUID = 1L;

    private static final Map<Class<? extends Throwable>, ExitCode> CODES = new LinkedHashMap<>();

    static {
        CODES.put(RegistryException.class, ExitCode.REGISTRY);
        CODES.put(CatalogueException.class, ExitCode.POLICY);
        CODES.put(PolicyException.class, ExitCode.POLICY);
        CODES.put(StatementException.class, ExitCode.POLICY);
        CODES.put(LedgerException.class, ExitCode.POLICY);
        CODES.put(PromotionException.class, ExitCode.SIGNATURE);
        CODES.put(VerificationException.class, ExitCode.SIGNATURE);
        CODES.put(RequestException.class, ExitCode.SIGNATURE);
        CODES.put(ContentTrustException.class, ExitCode.SIGNATURE);
        CODES.put(KeyException.class, ExitCode.KEY);
        CODES.put(DockerfileException.class, ExitCode.POLICY);
        CODES.put(java.io.IOException.class, ExitCode.USAGE);
        CODES.put(IllegalArgumentException.class, ExitCode.USAGE);
    }

    private final ExitCode code;

    Failure(ExitCode code, String message) {
        super(message);
        this.code = code;
    }

    static int report(Exception e, boolean debug, PrintWriter err) {
        ExitCode code = codeOf(e);
        err.println(text(e, code));
        if (debug) {
            e.printStackTrace(err);
        }
        return code.code();
    }

    private static ExitCode codeOf(Throwable e) {
        if (e instanceof Failure failure) {
            return failure.code;
        }
        for (Map.Entry<Class<? extends Throwable>, ExitCode> entry : CODES.entrySet()) {
            if (entry.getKey().isInstance(e)) {
                return entry.getValue();
            }
        }
        return ExitCode.BUG;
    }

    private static String text(Exception e, ExitCode code) {
        if (code == ExitCode.BUG) {
            return "countersign: an error inside countersign: " + e + " (--debug shows where)";
        }
        if (e instanceof NoSuchFileException) {
            return "countersign: there is no file " + e.getMessage();
        }
        return "countersign: " + e.getMessage();
    }
}
