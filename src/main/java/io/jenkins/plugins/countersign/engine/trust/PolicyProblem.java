package io.jenkins.plugins.countersign.engine.trust;

import java.io.Serializable;

/**
 * Something wrong with a policy document.
 *
 * @param path where, for instance {@code stages.production.needs[1].role}; empty for the document as a whole
 * @param line counted from 1; 0 when unknown
 * @param column counted from 1; 0 when unknown
 * @param text what was found and what was expected
 */
public record PolicyProblem(String path, int line, int column, String text) implements Serializable {

    @Override
    public String toString() {
        return (line == 0 ? "" : "line " + line + ", column " + column + ": ")
                + (path.isEmpty() ? "" : path + ": ")
                + text;
    }
}
