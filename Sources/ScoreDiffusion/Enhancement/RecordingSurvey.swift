import AudioDSP

/// What a first pass over a recording finds: its length, the level of each channel over time, and samples that
/// are not numbers.
struct RecordingSurvey {
    let frameCount: Int
    let profiles: [LevelProfile]
    let inspection: SampleInspection

    /// Reads `source` to its end and rewinds it.
    ///
    /// - Parameter linksChannels: whether all channels share one level.
    /// - Throws: `AudioFileError.nonFinite` and `.noAudio`, and what reading throws.
    init(
        _ source: any RecordingSource, for preparation: SignalPreparation = .leveled, linksChannels: Bool = false,
        blockFrames: Int, onBlock: () throws -> Void
    ) throws {
        var meters = (0..<source.channelCount).map { _ in LevelProfile.Meter(sampleRate: source.sampleRate) }
        var frames = 0
        var inspection = SampleInspection()
        while let block = try source.read(frames: blockFrames) {
            inspection.inspect(block)
            if inspection.nonFiniteCount == 0 {
                for (channel, samples) in block.channels.enumerated() { meters[channel].add(samples) }
            }
            frames += block.frameCount
            try onBlock()
        }
        guard frames > 0 else { throw AudioFileError.noAudio(path: source.name) }
        try inspection.requireFinite(path: source.name)
        frameCount = frames
        self.inspection = inspection
        profiles = linksChannels ? LevelProfile.linked(meters, preparation) : meters.map { $0.profile(preparation) }
        try source.rewind()
    }
}
