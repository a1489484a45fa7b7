package io.jenkins.plugins.countersign.cli;

import picocli.CommandLine;

/** The version that the build wrote into the jar. */
final class Version implements CommandLine.IVersionProvider {

    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"countersign " + (version == null ? "(not packaged)" : version)};
    }
}
