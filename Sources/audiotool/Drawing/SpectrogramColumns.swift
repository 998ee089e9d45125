import AudioDSP
import Foundation

/// The spectrogram of a recording in as many columns as a picture has, read block by block.
struct SpectrogramColumns {
    let name: String
    let sampleRate: Int
    let duration: Double
    let binCount: Int
    /// Mean power of each bin, `[columns][bins]`, summed over the channels.
    let power: [[Float]]

    init(path: String, columns: Int) throws {
        let reader = try AudioFileReader(path: path, truncation: .accept)
        let info = reader.info
        name = (path as NSString).lastPathComponent
        sampleRate = info.sampleRate
        // About 32 ms, which shows the harmonics of a voice.
        let nFFT = 1 << max(6, Int(log2(0.032 * Double(sampleRate)).rounded()))
        let stft = try STFT(STFTConfiguration(nFFT: nFFT, hopLength: nFFT / 4, padding: .zeros))
        binCount = stft.configuration.binCount
        var average = ColumnAverage(columns: columns, bins: binCount)
        var streams = (0..<info.channels).map { _ in StreamingSTFT(stft) }
        while let block = try reader.read(frames: 1 << 15) {
            average.add(streams.indices.map { streams[$0].process(block.channels[$0]) })
        }
        guard reader.framesRead > 0 else { throw AudioFileError.noAudio(path: path) }
        average.add(try streams.indices.map { try streams[$0].finish() })
        duration = Double(reader.framesRead) / Double(sampleRate)
        power = average.result()
    }
}

/// Averages spectra of unknown number into a fixed number of columns.
private struct ColumnAverage {
    private let columns: Int
    private let bins: Int
    /// Each the sum of `merged` frames; at most twice as many as there are columns.
    private var sums: [[Float]] = []
    private var merged = 1
    private var count = 0

    init(columns: Int, bins: Int) { (self.columns, self.bins) = (columns, bins) }

    /// Adds the power of the frames of all channels.
    mutating func add(_ spectra: [ComplexSpectrogram]) {
        let frames = spectra.map { $0.power() }
        for frame in 0..<(spectra.first?.frameCount ?? 0) {
            if count == sums.count * merged {
                if sums.count == 2 * columns {
                    sums = (0..<columns).map { zip(sums[2 * $0], sums[2 * $0 + 1]).map { $0 + $1 } }
                    merged *= 2
                }
                sums.append([Float](repeating: 0, count: bins))
            }
            count += 1
            let last = sums.count - 1
            for power in frames {
                for bin in 0..<bins { sums[last][bin] += power[frame * bins + bin] }
            }
        }
    }

    /// `[columns][bins]`; few frames are shown wider.
    func result() -> [[Float]] {
        let width = Double(count) / Double(merged) / Double(columns)
        return (0..<columns).map { column in
            let first = min(sums.count - 1, Int(Double(column) * width))
            let end = min(sums.count, max(first + 1, Int(Double(column + 1) * width)))
            let frames = min(count, end * merged) - first * merged
            return (0..<bins).map { bin in sums[first..<end].reduce(0) { $0 + $1[bin] } / Float(frames) }
        }
    }
}
