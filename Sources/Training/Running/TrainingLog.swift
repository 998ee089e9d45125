import Foundation

/// The run's record, one JSON object a line: `step`, `loss`, `gradientNorm`, `learningRate`, or `step` and `validation`.
///
/// It holds nothing that depends on the clock, so that an interrupted and resumed run leaves the same file as an
/// unbroken one.
package final class TrainingLog {
    private let file: FileHandle
    let path: String

    /// Opens the log and drops every line after `step`, and a torn last line.
    ///
    /// - Throws: ``TrainingError/cannotWrite(path:reason:)``.
    package init(path: String, keepingThrough step: Int) throws {
        self.path = path
        do {
            let old = (try? Data(contentsOf: URL(fileURLWithPath: path))) ?? Data()
            let kept = Self.lines(of: old, through: step)
            if kept.count != old.count || old.isEmpty { try kept.write(to: URL(fileURLWithPath: path), options: .atomic) }
            file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.seekToEnd()
        } catch {
            throw TrainingError.cannotWrite(path: path, reason: error.localizedDescription)
        }
    }

    package func append(_ entry: some Encodable) throws {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = .sortedKeys
            try file.write(contentsOf: encoder.encode(entry) + Data("\n".utf8))
        } catch {
            throw TrainingError.cannotWrite(path: path, reason: error.localizedDescription)
        }
    }

    /// Waits until the lines are on the disk.
    package func synchronize() throws {
        do { try file.synchronize() } catch { throw TrainingError.cannotWrite(path: path, reason: error.localizedDescription) }
    }

    private struct Stamp: Decodable { let step: Int }

    private static func lines(of data: Data, through step: Int) -> Data {
        var kept = Data()
        for line in data.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: true) {
            guard let stamp = try? JSONDecoder().decode(Stamp.self, from: Data(line)), stamp.step <= step else { break }
            kept += line
            kept.append(UInt8(ascii: "\n"))
        }
        return kept
    }
}

/// One update of the weights, as the log has it.
struct StepEntry: Codable, Equatable {
    let step: Int
    let loss: Float?
    let gradientNorm: Float?
    let learningRate: Float
    /// Present where the gradient was not finite and the update was left out.
    var skipped: Bool?
}

/// One validation, as the log has it.
struct ValidationEntry<Report: ValidationSummary>: Encodable {
    let step: Int
    let validation: Report
}
