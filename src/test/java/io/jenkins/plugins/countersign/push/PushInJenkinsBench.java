package io.jenkins.plugins.countersign.push;

import hudson.model.Label;
import hudson.slaves.DumbSlave;
import io.jenkins.plugins.countersign.configuration.CountersignConfiguration;
import io.jenkins.plugins.countersign.configuration.RegistryConfiguration;
import io.jenkins.plugins.countersign.engine.registry.DockerRegistry;
import io.jenkins.plugins.countersign.engine.registry.Manifest;
import io.jenkins.plugins.countersign.engine.registry.Repositories;
import io.jenkins.plugins.countersign.engine.registry.Repository;
import io.jenkins.plugins.countersign.engine.registry.Samples;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jenkinsci.plugins.workflow.cps.CpsFlowDefinition;
import org.jenkinsci.plugins.workflow.job.WorkflowJob;
import org.junit.Rule;
import org.junit.Test;
import org.jvnet.hudson.test.JenkinsRule;

/**
 * What a build waits for: the step {@code pushImage} on an agent, and the other clients as a build calls them, with {@code sh}
 * on the same agent. Without skopeo, which remembers the repositories it has pushed to and takes the layers over from there.
 * See bench/registry-results.md. Not a test: it asserts nothing about time.
 * {@code mvn test -Dtest=PushInJenkinsBench}
 */
public class PushInJenkinsBench {

    private static final int LAYERS = Integer.getInteger("countersign.layers", 20);
    private static final int LAYER = Integer.getInteger("countersign.layerMiB", 54) << 20;
    private static final int ROUNDS = Integer.getInteger("countersign.rounds", 5);
    private static final Pattern TIME = Pattern.compile("@@ ([a-zA-Z ]+): ([0-9]+) ms");

    @Rule
    public final JenkinsRule jenkins = new JenkinsRule();

    @Rule
    public final DockerRegistry registry = DockerRegistry.plain();

    {
        jenkins.timeout = 3600;
    }

    @Test
    public void measure() throws Exception {
        DumbSlave agent = jenkins.createOnlineSlave(Label.get("builder"));
        WorkflowJob job = jenkins.createProject(WorkflowJob.class, "bench");
        RegistryConfiguration plain = new RegistryConfiguration(registry.host());
        plain.setInsecurePlainHttp(true);
        CountersignConfiguration.get().setRegistries(List.of(plain));

        int[] sizes = new int[LAYERS];
        Arrays.fill(sizes, LAYER);
        try (Repository folder = Repositories.open(
                "oci:" + agent.getWorkspaceFor(job).child("image").getRemote())) {
            Manifest image = Samples.pushImage(folder, 1, sizes);
            folder.tag(image.digest(), "v1");
        }

        Map<String, String> clients = new LinkedHashMap<>();
        clients.put("pushImage", "pushImage source: 'oci:image:v1', image: \"$to\"");
        if (has("crane")) {
            clients.put("crane", "sh \"crane push --insecure image $to\"");
        }
        if (has("oras")) {
            clients.put("oras", "sh \"oras cp --no-tty --from-oci-layout --to-plain-http image:v1 $to\"");
        }
        clients.put("sh of nothing", "sh 'true'");

        job.setDefinition(new CpsFlowDefinition(script(clients), false));
        String log = JenkinsRule.getLog(jenkins.buildAndAssertSuccess(job));
        Map<String, List<Integer>> times = new TreeMap<>();
        Matcher time = TIME.matcher(log);
        while (time.find()) {
            times.computeIfAbsent(time.group(1), name -> new ArrayList<>()).add(Integer.valueOf(time.group(2)));
        }
        times.forEach((name, all) -> {
            all.sort(null);
            System.out.printf(
                    "@@ %s: best %d ms, median %d ms, of %s%n", name, all.get(0), all.get(all.size() / 2), all);
        });
    }

    /** Whoever comes first in one round comes last in the next; the round before the first is not counted. */
    private String script(Map<String, String> clients) {
        StringBuilder script = new StringBuilder("def measured(what, counts, body) {\n"
                + "  sh 'sync'\n"
                + "  long began = System.nanoTime()\n"
                + "  body()\n"
                + "  long took = (System.nanoTime() - began).intdiv(1000000)\n"
                + "  if (counts) { echo \"@@ $what: $took ms\" }\n"
                + "}\n"
                + "node('builder') {\n");
        List<String> names = new ArrayList<>(clients.keySet());
        for (int round = 0; round <= ROUNDS; round++) {
            for (int i = 0; i < names.size(); i++) {
                String name = names.get((i + round) % names.size());
                String to = registry.host() + "/round" + round + "/app" + i + ":v1";
                for (String what : List.of("push", "push again")) {
                    script.append("  measured('" + name + " " + what + "', " + (round > 0) + ") { def to = '" + to
                            + "'; " + clients.get(name) + " }\n");
                }
            }
        }
        return script.append("}\n").toString();
    }

    private static boolean has(String program) {
        return Arrays.stream(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }
}
