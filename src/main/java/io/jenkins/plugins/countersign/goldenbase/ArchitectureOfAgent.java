package io.jenkins.plugins.countersign.goldenbase;

import hudson.remoting.VirtualChannel;
import java.io.File;
import jenkins.agents.ControllerToAgentFileCallable;

/** What the machine of an agent is, as its Java calls it. */
final class ArchitectureOfAgent implements ControllerToAgentFileCallable<String> {

    private static final long serialVersionUID = 1L;

    @Override
    public String invoke(File workspace, VirtualChannel channel) {
        return System.getProperty("os.arch");
    }
}
