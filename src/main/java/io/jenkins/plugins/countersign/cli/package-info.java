/** The command line: one class for each command. Sees the engine alone. */
package io.jenkins.plugins.countersign.cli;
