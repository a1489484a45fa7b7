package io.jenkins.plugins.countersign.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.jenkins.plugins.countersign.engine.image.Descriptor;
import io.jenkins.plugins.countersign.engine.image.Digest;
import io.jenkins.plugins.countersign.engine.image.MediaTypes;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.GZIPOutputStream;

/**
 * Builds small images for the demonstration: files in one layer, on nothing or on another image's layers, as a builder
 * would put them together.
 */
public final class DemoImage {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";

    private DemoImage() {}

    /**
     * @param baseOrNull what the image stands on; null for nothing
     * @param baseIn where the base is
     * @param files path to content
     * @param into where the image is put; untagged
     */
    public static Digest build(Repository baseIn, Digest baseOrNull, Map<String, String> files, Repository into)
            throws IOException {
        byte[] tar = tar(files);
        byte[] layer = gzip(tar);
        ObjectNode manifest = JSON.createObjectNode().put("schemaVersion", 2).put("mediaType", MediaTypes.OCI_MANIFEST);
        ObjectNode config;
        ArrayNode layers = JSON.createArrayNode();
        if (baseOrNull == null) {
            config = JSON.createObjectNode().put("architecture", "amd64").put("os", "linux");
            config.putObject("config");
            config.putObject("rootfs").put("type", "layers").putArray("diff_ids");
        } else {
            JsonNode base =
                    JSON.readTree(baseIn.manifest(baseOrNull).orElseThrow().content());
            for (JsonNode entry : base.path("layers")) {
                Descriptor below = descriptor(entry);
                into.pushBlob(below, () -> baseIn.openBlob(below));
                layers.add(entry);
            }
            try (InputStream in = baseIn.openBlob(descriptor(base.path("config")))) {
                config = (ObjectNode) JSON.readTree(in.readAllBytes());
            }
        }
        ((ArrayNode) config.path("rootfs").path("diff_ids")).add(Digest.of(tar).toString());
        manifest.set("config", push(into, MediaTypes.OCI_CONFIG, JSON.writeValueAsBytes(config)));
        layers.add(push(into, LAYER, layer));
        manifest.set("layers", layers);
        Manifest built = new Manifest(MediaTypes.OCI_MANIFEST, JSON.writeValueAsBytes(manifest));
        into.pushManifest(built);
        return built.digest();
    }

    private static Descriptor descriptor(JsonNode entry) {
        return new Descriptor(
                entry.path("mediaType").asText(),
                Digest.parse(entry.path("digest").asText()),
                entry.path("size").asLong());
    }

    private static ObjectNode push(Repository into, String mediaType, byte[] content) throws IOException {
        Descriptor descriptor = Descriptor.of(mediaType, content);
        into.pushBlob(descriptor, Repository.ContentSource.of(content));
        return JSON.createObjectNode()
                .put("mediaType", mediaType)
                .put("digest", descriptor.digest().toString())
                .put("size", descriptor.size());
    }

    private static byte[] gzip(byte[] content) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(content);
        }
        return bytes.toByteArray();
    }

    /** A POSIX.1-1988 (ustar) archive of regular files of fixed owner and time, so that the same files give the same digest. */
    static byte[] tar(Map<String, String> files) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Map.Entry<String, String> file : new TreeMap<>(files).entrySet()) {
            byte[] content = file.getValue().getBytes(StandardCharsets.UTF_8);
            byte[] header = new byte[512];
            put(header, 0, file.getKey());
            put(header, 100, "0000755\0");
            put(header, 108, "0000000\0");
            put(header, 116, "0000000\0");
            put(header, 124, String.format("%011o\0", content.length));
            put(header, 136, "00000000000\0");
            put(header, 148, "        ");
            header[156] = '0';
            put(header, 257, "ustar\00000");
            int sum = 0;
            for (byte b : header) {
                sum += b & 0xff;
            }
            put(header, 148, String.format("%06o\0 ", sum));
            out.write(header);
            out.write(Arrays.copyOf(content, (content.length + 511) / 512 * 512));
        }
        out.write(new byte[1024]);
        return out.toByteArray();
    }

    private static void put(byte[] header, int offset, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, header, offset, bytes.length);
    }
}
