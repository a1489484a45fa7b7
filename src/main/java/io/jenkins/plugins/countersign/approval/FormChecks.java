package io.jenkins.plugins.countersign.approval;

import hudson.model.Item;
import hudson.util.FormValidation;
import io.jenkins.plugins.countersign.configuration.FieldChecks;
import io.jenkins.plugins.countersign.engine.trust.PolicyException;
import io.jenkins.plugins.countersign.engine.trust.TrustPolicy;
import java.io.IOException;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/** What forms ask the trust policy while somebody types. */
final class FormChecks {

    private FormChecks() {}

    static FormValidation stage(Item itemOrNull, String value) {
        return FieldChecks.needed(itemOrNull, value, FormChecks::stage);
    }

    static FormValidation stage(String value) {
        return among(value, policy -> policy.stages().keySet(), Messages::FormChecks_NoStage);
    }

    static FormValidation role(Item itemOrNull, String value) {
        return FieldChecks.optional(
                itemOrNull, value, role -> among(role, policy -> policy.roles().keySet(), Messages::FormChecks_NoRole));
    }

    private static FormValidation among(
            String value, Function<TrustPolicy, Set<String>> names, BiFunction<Object, Object, String> otherwise) {
        try {
            Set<String> known = names.apply(GatePolicy.current().policy());
            return known.contains(value)
                    ? FormValidation.ok()
                    : FormValidation.error(otherwise.apply(value, String.join(", ", known)));
        } catch (IOException | PolicyException e) {
            return FormValidation.warning(e.getMessage());
        }
    }
}
