package io.jenkins.plugins.countersign.engine.approval;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Digest;
import java.io.Serializable;
import java.util.List;

/**
 * The image that a statement is about.
 *
 * @param repository {@code registry/repository}, as the approver sees it: the name is signed
 * @param tag by which it was found; for people; empty when there was none
 * @param digest of the index, or of the manifest when there is no index
 * @param size of that index or manifest, in bytes
 * @param platforms digests of the platform manifests in the index, without attestation manifests; empty when there is no index
 */
public record ApprovedImage(String repository, String tag, Digest digest, long size, List<Digest> platforms)
        implements Serializable {

    public ApprovedImage {
        tag = tag == null ? "" : tag;
        platforms = List.copyOf(platforms);
    }

    /** {@code repository[:tag]@digest} */
    @Override
    public String toString() {
        return repository + (tag.isEmpty() ? "" : ":" + tag) + "@" + digest;
    }

    void write(ObjectNode json) {
        json.put("repository", repository);
        if (!tag.isEmpty()) {
            json.put("tag", tag);
        }
        json.put("digest", digest.toString());
        json.put("size", size);
    }

    static ApprovedImage read(StatementMembers members, List<Digest> platforms) throws StatementException {
        ApprovedImage image = new ApprovedImage(
                members.text("repository"),
                members.optionalText("tag"),
                members.digest("digest"),
                members.number("size", 0),
                platforms);
        members.end();
        return image;
    }
}
