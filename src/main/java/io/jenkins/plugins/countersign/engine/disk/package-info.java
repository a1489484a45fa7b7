/** Files that are whole after a kill or a power failure, or what they were before. */
package io.jenkins.plugins.countersign.engine.disk;
