package io.jenkins.plugins.countersign.engine.dockerfile;

import java.io.Serializable;

/**
 * Where something stands in a file.
 *
 * @param line counted from 1; 0 when it does not stand in the file (a build argument, the whole file)
 * @param column in characters, counted from 1; 0 when unknown
 * @param start offset of the first byte in the file; -1 when it does not stand there in one piece
 * @param end offset behind the last byte; -1 when it does not stand there in one piece
 */
public record Place(int line, int column, int start, int end) implements Serializable {

    /** Not in the file. */
    public static final Place NOWHERE = new Place(0, 0, -1, -1);

    public static Place line(int line) {
        return new Place(line, 1, -1, -1);
    }

    @Override
    public String toString() {
        return line + ":" + column;
    }
}
