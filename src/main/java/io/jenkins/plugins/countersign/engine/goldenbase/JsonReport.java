package io.jenkins.plugins.countersign.engine.goldenbase;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.dockerfile.BuildInput;
import java.util.List;
import java.util.Locale;

/** Reports as JSON, for programs: {@code {"passed", "reports": [{"file", "passed", "inputs", "findings"}]}}. */
public final class JsonReport {

    private JsonReport() {}

    public static String render(List<BaseReport> reports) {
        return tree(reports).toPrettyString() + "\n";
    }

    public static ObjectNode tree(List<BaseReport> reports) {
        ObjectNode root = JsonNodeFactory.instance.objectNode();
        root.put("passed", reports.stream().allMatch(BaseReport::passed));
        ArrayNode list = root.putArray("reports");
        reports.forEach(report -> list.add(tree(report)));
        return root;
    }

    public static ObjectNode tree(BaseReport report) {
        ObjectNode node = JsonNodeFactory.instance.objectNode();
        node.put("file", report.file());
        node.put("passed", report.passed());
        ArrayNode inputs = node.putArray("inputs");
        for (BuildInput input : report.inputs()) {
            inputs.addObject()
                    .put("kind", lower(input.kind()))
                    .put("reference", input.reference())
                    .put("written", input.written())
                    .put("line", input.place().line())
                    .put("column", input.place().column())
                    .put("stage", input.stage())
                    .put("stageName", input.stageName())
                    .put("platform", input.platform())
                    .put("reachable", input.reachable());
        }
        ArrayNode findings = node.putArray("findings");
        for (Finding finding : report.findings()) {
            findings.addObject()
                    .put("severity", lower(finding.severity()))
                    .put("rule", finding.rule())
                    .put("line", finding.line())
                    .put("column", finding.column())
                    .put("reference", finding.reference())
                    .put("because", finding.because())
                    .put("message", finding.message())
                    .put("suggestion", finding.suggestion());
        }
        return node;
    }

    private static String lower(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }
}
