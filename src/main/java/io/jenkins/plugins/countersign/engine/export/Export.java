package io.jenkins.plugins.countersign.engine.export;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Configuration for one verifier.
 *
 * @param format for which verifier
 * @param files by file name, as they are to be put in place
 * @param notExpressed what of the trust policy this verifier does not check; stands in the files too
 */
public record Export(ExportFormat format, Map<String, String> files, List<String> notExpressed) {

    public Export {
        files = java.util.Collections.unmodifiableMap(new TreeMap<>(files));
        notExpressed = List.copyOf(notExpressed);
    }
}
