import AudioDSP
import Foundation

/// Which original recording each utterance is a piece of.
///
/// Beside a folder `speech/test` a table `speech/test.csv` may say so, in its columns `path` and `original`. Pieces of one
/// original share session, microphone and room, so they are poor pairs of enrolment and target. Without a table every file
/// is its own original.
struct UtteranceOrigins: Sendable {
    private let originals: [String: String]

    /// - Throws: `SceneError.unreadableTable` for a table that is there and lacks the columns.
    init(besides folder: String) throws {
        var path = folder
        while path.count > 1, path.hasSuffix("/") { path.removeLast() }
        let table = path + ".csv"
        guard FileManager.default.fileExists(atPath: table) else {
            originals = [:]
            return
        }
        func refuse(_ reason: String) -> SceneError { .unreadableTable(path: table, reason: reason) }
        guard let text = try? String(contentsOfFile: table, encoding: .utf8) else { throw refuse("it is no UTF-8 text") }
        let rows = CSVTable.rows(text)
        guard let header = rows.first, let pathColumn = header.firstIndex(of: "path") else {
            throw refuse("it has no column 'path'")
        }
        guard let originalColumn = header.firstIndex(of: "original") else {
            originals = [:]
            return
        }
        let folderName = (path as NSString).lastPathComponent
        var found: [String: String] = [:]
        for row in rows.dropFirst() where row.count > max(pathColumn, originalColumn) {
            // Paths begin somewhere above the folder: what follows its name is below it.
            var parts = row[pathColumn].split(separator: "/").map(String.init)
            if let place = parts.firstIndex(of: folderName) { parts.removeFirst(place + 1) }
            if !row[originalColumn].isEmpty { found[parts.joined(separator: "/")] = row[originalColumn] }
        }
        originals = found
    }

    /// A name that pieces of one original of one talker share.
    func original(of recording: AudioFolder.Recording) -> String {
        originals[recording.relativePath].map { recording.group + "/" + $0 } ?? recording.relativePath
    }
}

/// Comma-separated values with quotes (RFC 4180).
enum CSVTable {
    static func rows(_ text: String) -> [[String]] {
        var rows: [[String]] = [], row: [String] = [], field = ""
        var isQuoted = false, wasQuote = false
        for character in text {
            if isQuoted {
                if character == "\"" {
                    (isQuoted, wasQuote) = (false, true)
                } else {
                    field.append(character)
                }
                continue
            }
            switch character {
            case "\"":
                // Two quotes inside quotes are one.
                if wasQuote { field.append("\"") }
                (isQuoted, wasQuote) = (true, false)
                continue
            case ",":
                row.append(field)
                field = ""
            case "\n", "\r\n", "\r":
                row.append(field)
                if row != [""] { rows.append(row) }
                (row, field) = ([], "")
            default:
                field.append(character)
            }
            wasQuote = false
        }
        row.append(field)
        if row != [""] { rows.append(row) }
        return rows
    }
}
