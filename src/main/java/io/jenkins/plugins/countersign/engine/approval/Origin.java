package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Serializable;
import java.util.List;

/**
 * Where the image came from, as it was shown to the approver. Recorded, not believed: who is excluded is decided from
 * {@link BuildFacts}.
 *
 * @param build for instance the build's URL; empty when unknown
 * @param commit empty when unknown
 * @param authors of the commits; empty when unknown
 */
public record Origin(String build, String commit, List<String> authors) implements Serializable {

    public static final Origin UNKNOWN = new Origin("", "", List.of());

    public Origin {
        authors = List.copyOf(authors);
    }

    void write(ObjectNode json) {
        if (!build.isEmpty()) {
            json.put("build", build);
        }
        if (!commit.isEmpty()) {
            json.put("commit", commit);
        }
        if (!authors.isEmpty()) {
            ArrayNode list = json.putArray("authors");
            authors.forEach(list::add);
        }
    }

    static Origin read(StatementMembers members) throws StatementException {
        Origin origin =
                new Origin(members.optionalText("build"), members.optionalText("commit"), members.texts("authors"));
        members.end();
        return origin;
    }
}
