import Foundation

/// Many mono recordings as 16-bit samples: in memory while they fit, else in one file that is mapped.
///
/// Every recording is scaled to full range before it is rounded, so that quiet float files keep their resolution;
/// absolute levels are therefore lost.
struct SampleStore: Sendable {
    private enum Storage: Sendable {
        case memory([Int16])
        case mapped(Data)
    }

    private let storage: Storage
    private let ranges: [Range<Int>]

    var count: Int { ranges.count }
    func frameCount(of recording: Int) -> Int { ranges[recording].count }

    /// Reads `count` samples from `start`; the caller keeps inside the recording.
    func read(_ recording: Int, from start: Int, count: Int, into output: inout [Float], at position: Int) {
        let first = ranges[recording].lowerBound + start
        precondition(start >= 0 && first + count <= ranges[recording].upperBound && position + count <= output.count)
        let scale = 1 / Float(Int16.max)
        func copy(_ samples: UnsafeBufferPointer<Int16>) {
            for index in 0..<count { output[position + index] = Float(samples[first + index]) * scale }
        }
        switch storage {
        case .memory(let samples): samples.withUnsafeBufferPointer(copy)
        case .mapped(let data): data.withUnsafeBytes { copy($0.bindMemory(to: Int16.self)) }
        }
    }

    /// Collects recordings one by one.
    struct Builder {
        private var samples: [Int16] = []
        private var ranges: [Range<Int>] = []
        private let file: FileHandle?
        private let path: String?
        private var written = 0

        /// - Parameter spool: a file for the samples when they are too many for memory.
        init(spool: String?) throws {
            path = spool
            guard let spool else { file = nil; return }
            _ = FileManager.default.createFile(atPath: spool, contents: nil)
            file = try FileHandle(forWritingTo: URL(fileURLWithPath: spool))
        }

        mutating func append(_ recording: [Float]) throws {
            let peak = recording.reduce(Float(0)) { max($0, abs($1)) }
            let scale = peak > 0 ? Float(Int16.max) / peak : 0
            let rounded = recording.map { Int16(max(-32767, min(32767, ($0 * scale).rounded()))) }
            ranges.append(written..<(written + rounded.count))
            written += rounded.count
            if let file {
                try rounded.withUnsafeBytes { try file.write(contentsOf: Data($0)) }
            } else {
                samples += rounded
            }
        }

        consuming func finish() throws -> SampleStore {
            guard let file, let path else { return SampleStore(storage: .memory(samples), ranges: ranges) }
            try file.close()
            return SampleStore(
                storage: .mapped(try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)), ranges: ranges)
        }
    }
}
