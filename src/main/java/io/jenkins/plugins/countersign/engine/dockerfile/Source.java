package io.jenkins.plugins.countersign.engine.dockerfile;

/** Leads from offsets in a joined instruction back to lines and columns of the file. */
final class Source {

    private final String text;
    private final int startLine;
    private int endLine;
    private int[] joined = new int[1];
    private int[] file = new int[1];
    private int[] lines = new int[1];
    private int count;

    Source(String text, int startLine) {
        this.text = text;
        this.startLine = startLine;
        this.endLine = startLine;
    }

    int startLine() {
        return startLine;
    }

    int endLine() {
        return endLine;
    }

    void endLine(int line) {
        endLine = line;
    }

    void piece(int joinedOffset, int fileOffset, int line) {
        if (count == joined.length) {
            joined = java.util.Arrays.copyOf(joined, count * 2);
            file = java.util.Arrays.copyOf(file, count * 2);
            lines = java.util.Arrays.copyOf(lines, count * 2);
        }
        joined[count] = joinedOffset;
        file[count] = fileOffset;
        lines[count++] = line;
    }

    /** The place of a part of the joined line. It has offsets only if it stands in one piece on one line. */
    Place place(int start, int end) {
        if (count == 0 || start < 0) {
            return new Place(startLine, 1, -1, -1);
        }
        int first = pieceAt(start);
        int from = file[first] + start - joined[first];
        boolean inOnePiece = end > start && (first + 1 == count || end <= joined[first + 1]);
        return new Place(lines[first], column(from), inOnePiece ? from : -1, inOnePiece ? from + end - start : -1);
    }

    private int pieceAt(int offset) {
        int low = 0;
        int high = count - 1;
        while (low < high) {
            int middle = (low + high + 1) >>> 1;
            if (joined[middle] <= offset) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }

    private int column(int fileOffset) {
        int lineStart = text.lastIndexOf('\n', fileOffset - 1) + 1;
        int column = 1;
        for (int at = lineStart; at < fileOffset && at < text.length(); at += GoText.width(text, at)) {
            column++;
        }
        return column;
    }
}
