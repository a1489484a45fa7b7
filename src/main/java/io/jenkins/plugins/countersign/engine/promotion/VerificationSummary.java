package io.jenkins.plugins.countersign.engine.promotion;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.approval.ApprovedImage;
import io.jenkins.plugins.countersign.engine.approval.BuildFacts;
import io.jenkins.plugins.countersign.engine.approval.PolicyReference;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.json.StrictJson;
import io.jenkins.plugins.countersign.engine.signing.Statement;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What the gate says when it has opened: a SLSA verification summary that lists the approvals it counted.
 *
 * <p>Source: slsa-framework/slsa, {@code spec/v1.1/verification_summary.md}. Verifiers that know no Countersign read
 * {@code verificationResult}, {@code verifiedLevels} and {@code inputAttestations}; the member {@code countersign} is ours.
 *
 * @param verifier who decided, a URI
 * @param verifiedAt when
 * @param stage whose gate opened
 * @param repository where the gate looked
 * @param destination where the image goes: {@code registry/repository}
 * @param tags the tags that it gets there
 * @param policy by which policy
 * @param policySource where that policy came from
 * @param inputs the approvals counted
 * @param build who made the image, as the gate knew besides what lies next to it
 */
public record VerificationSummary(
        String verifier,
        Instant verifiedAt,
        String stage,
        String repository,
        String destination,
        List<String> tags,
        PolicyReference policy,
        String policySource,
        List<Input> inputs,
        BuildFacts build) {

    public static final String PREDICATE_TYPE = "https://slsa.dev/verification_summary/v1";

    private static final int MAX_INPUTS = 1000;

    /**
     * An approval that was counted.
     *
     * @param manifest digest of the manifest that holds it
     * @param payload digest of what was signed: the same wherever it is stored
     * @param person who approved
     * @param role in which role
     */
    public record Input(Digest manifest, Digest payload, String person, String role) {}

    public VerificationSummary {
        tags = List.copyOf(tags);
        inputs = List.copyOf(inputs);
    }

    Statement toStatement(ApprovedImage image) {
        Map<String, String> annotations = Map.of("stage", stage);
        List<Statement.Subject> subjects = new ArrayList<>();
        subjects.add(new Statement.Subject(destination, image.digest(), annotations));
        image.platforms().forEach(digest -> subjects.add(new Statement.Subject(destination, digest, annotations)));
        ObjectNode json = StrictJson.object();
        json.putObject("verifier").put("id", verifier);
        json.put("timeVerified", verifiedAt.toString());
        json.put("resourceUri", destination + "@" + image.digest());
        ObjectNode by = json.putObject("policy");
        by.put("uri", policySource);
        by.putObject("digest").put(policy.digest().algorithm(), policy.digest().hex());
        ArrayNode list = json.putArray("inputAttestations");
        for (Input input : inputs) {
            ObjectNode entry = list.addObject().put("uri", repository + "@" + input.manifest());
            entry.putObject("digest")
                    .put(input.manifest().algorithm(), input.manifest().hex());
            entry.putObject("annotations")
                    .put("payload", input.payload().toString())
                    .put("person", input.person())
                    .put("role", input.role());
        }
        json.put("verificationResult", "PASSED");
        json.putArray("verifiedLevels")
                .add("COUNTERSIGN_STAGE_" + stage.toUpperCase(Locale.ROOT).replaceAll("[^A-Z0-9]", "_"));
        json.put("slsaVersion", "1.1");
        ObjectNode own = json.putObject("countersign");
        own.put("stage", stage);
        own.put("repository", repository);
        own.put("destination", destination);
        ArrayNode tagged = own.putArray("tags");
        tags.forEach(tagged::add);
        own.put("policyName", policy.name());
        own.put("policyVersion", policy.version());
        ObjectNode made = own.putObject("build");
        put(made, "startedBy", build.startersOrNull());
        put(made, "commitAuthors", build.commitAuthorsOrNull());
        return new Statement(subjects, PREDICATE_TYPE, json);
    }

    private static void put(ObjectNode json, String name, Set<String> valuesOrNull) {
        if (valuesOrNull != null) {
            ArrayNode list = json.putArray(name);
            new TreeSet<>(valuesOrNull).forEach(list::add);
        }
    }

    private static Set<String> names(JsonNode list) {
        if (!list.isArray()) {
            return null;
        }
        Set<String> names = new TreeSet<>();
        list.forEach(name -> names.add(name.asText()));
        return names;
    }

    /**
     * Reads a summary whose signature was verified.
     *
     * @throws PromotionException if it is a summary and none of ours, or says that the gate was not open
     */
    static VerificationSummary read(Statement statement) throws PromotionException {
        JsonNode json = statement.predicate();
        if (!json.path("verificationResult").asText().equals("PASSED")) {
            throw new PromotionException("the summary's result is \""
                    + json.path("verificationResult").asText() + "\"");
        }
        JsonNode own = json.path("countersign");
        if (!own.isObject()) {
            throw new PromotionException("the summary was not made by a Countersign gate");
        }
        try {
            List<String> tags = new ArrayList<>();
            own.path("tags").forEach(tag -> tags.add(tag.asText()));
            List<Input> inputs = new ArrayList<>();
            if (json.path("inputAttestations").size() > MAX_INPUTS) {
                throw new PromotionException("the summary counts more than " + MAX_INPUTS + " approvals");
            }
            for (JsonNode entry : json.path("inputAttestations")) {
                JsonNode annotations = entry.path("annotations");
                inputs.add(new Input(
                        Digest.parse(
                                "sha256:" + entry.path("digest").path("sha256").asText()),
                        Digest.parse(annotations.path("payload").asText()),
                        annotations.path("person").asText(),
                        annotations.path("role").asText()));
            }
            return new VerificationSummary(
                    json.path("verifier").path("id").asText(),
                    Instant.parse(json.path("timeVerified").asText()),
                    own.path("stage").asText(),
                    own.path("repository").asText(),
                    own.path("destination").asText(),
                    tags,
                    new PolicyReference(
                            own.path("policyName").asText(),
                            own.path("policyVersion").asLong(),
                            Digest.parse("sha256:"
                                    + json.path("policy")
                                            .path("digest")
                                            .path("sha256")
                                            .asText())),
                    json.path("policy").path("uri").asText(),
                    inputs,
                    new BuildFacts(
                            names(own.path("build").path("startedBy")),
                            names(own.path("build").path("commitAuthors")),
                            Map.of()));
        } catch (DateTimeParseException | IllegalArgumentException e) {
            throw new PromotionException("the summary cannot be read: " + e.getMessage(), e);
        }
    }
}
