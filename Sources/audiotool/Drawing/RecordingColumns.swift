import AudioDSP
import Foundation

/// What a picture of a recording needs, in as many columns as it has pixels, read block by block in one pass.
struct RecordingColumns {
    /// Frequency resolution against sharpness in time.
    enum Window: Double {
        /// About 32 ms, which shows the harmonics of a voice.
        case short = 0.032
        /// About 64 ms, for scales that stretch the low frequencies.
        case long = 0.064
    }

    let name: String
    let sampleRate: Int
    /// Seconds.
    let duration: Double
    let binCount: Int
    /// Mean power of each bin, `[columns][bins]`, summed over the channels.
    let power: [[Float]]
    /// Lowest and highest sample of each column, over all channels.
    let envelope: [ClosedRange<Float>]

    init(path: String, columns: Int, window: Window = .short) throws {
        let reader = try AudioFileReader(path: path, truncation: .accept)
        let info = reader.info
        name = (path as NSString).lastPathComponent
        sampleRate = info.sampleRate
        let nFFT = 1 << max(6, Int(log2(window.rawValue * Double(sampleRate)).rounded()))
        let stft = try STFT(STFTConfiguration(nFFT: nFFT, hopLength: nFFT / 4, padding: .zeros))
        binCount = stft.configuration.binCount
        var average = SpectrumColumns(columns: columns, bins: binCount)
        var extremes = EnvelopeColumns(columns: columns)
        var streams = (0..<info.channels).map { _ in StreamingSTFT(stft) }
        while let block = try reader.read(frames: 1 << 15) {
            average.add(streams.indices.map { streams[$0].process(block.channels[$0]) })
            extremes.add(block)
        }
        guard reader.framesRead > 0 else { throw AudioFileError.noAudio(path: path) }
        average.add(try streams.indices.map { try streams[$0].finish() })
        duration = Double(reader.framesRead) / Double(sampleRate)
        power = average.result()
        envelope = extremes.result()
    }

    /// The largest magnitude of a sample.
    var peak: Float { envelope.reduce(0) { max($0, -$1.lowerBound, $1.upperBound) } }
}
