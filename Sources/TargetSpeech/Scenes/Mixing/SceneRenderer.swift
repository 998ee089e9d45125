import AudioDSP
import Foundation
import NeuralCore
import Training

/// Puts talkers and noise into a space, at their levels.
struct SceneRenderer {
    let place: SceneSpace
    let sources: SceneSources
    let settings: SceneSettings

    struct Result {
        var mixture: [[Float]]
        var target: [[Float]]
        var part: SceneRecipe.Part
        /// Each talker alone, in the order given.
        var voices: [[[Float]]]
    }

    private var head: HeadRelatedResponses { place.space.head }
    private var rate: Int { HeadRelatedResponses.sampleRate }

    /// Talkers anywhere, in motion if the settings say so.
    func mixture(of talkers: [Int], target: Int?, enrollmentRecording: Int, using random: inout Philox) throws -> Result {
        let count = Int((settings.seconds * Float(rate)).rounded())
        let isMoving = random.chance(settings.moving)
        let sounds = try talkers.map { talker in
            let direction = Direction(azimuth: draw(Interval(-180, 180), &random), elevation: elevation(&random))
            let motion = isMoving ? settings.motions[random.nextInt(below: settings.motions.count)] : nil
            let choices = sources.talkers.recordings(of: talker, besides: talker == target ? enrollmentRecording : nil)
            return try sound(
                of: talker, saying: choices, count: count, at: direction, motion: motion, isTarget: talker == target, using: &random)
        }
        return try sum(sounds, count: count, using: &random)
    }

    /// The talker in front, the others at the sides.
    func enrollment(of talker: Int, recording: Int, among others: [Int], using random: inout Philox) throws -> Result {
        let longest = Int((settings.enrollmentSeconds * Float(rate)).rounded())
        let count = min(longest, max(sources.talkers.collection.frameCount(of: recording), rate / 2))
        let front = Direction(azimuth: draw(Interval(-settings.frontTolerance, settings.frontTolerance), &random))
        var sounds = [
            try sound(of: talker, saying: [recording], count: count, at: front, isTarget: true, gap: count, using: &random)
        ]
        for other in others {
            let side = Direction(azimuth: draw(Interval(settings.sideClearance, 360 - settings.sideClearance), &random), elevation: elevation(&random))
            let choices = sources.talkers.recordings(of: other, besides: nil)
            sounds.append(
                try sound(of: other, saying: choices, count: count, at: side.wrapped, isTarget: false, using: &random))
        }
        if settings.isMono { try makeTargetLouder(&sounds, using: &random) }
        return try sum(sounds, count: count, using: &random)
    }

    private struct Sound {
        var heard: [[Float]]
        var truth: SceneRecipe.Talker
    }

    private func sound(
        of talker: Int, saying choices: [Int], count: Int, at direction: Direction, motion: Motion? = nil, isTarget: Bool, gap: Int? = nil,
        using random: inout Philox
    ) throws -> Sound {
        let start = Int(draw(settings.start, &random) * Double(rate))
        let largestGap = gap ?? Int(settings.largestGap * Float(rate))
        let utterance = try sources.talkers.utterance(
            choices, count: count, start: start, largestGap: largestGap, using: &random)
        let loudness = draw(settings.talkerLoudness, &random)
        let dry = try placed(utterance.samples, at: utterance.start, of: count, loudness: loudness)
        let distance = min(draw(settings.distance, &random), place.space.reach(toward: direction))
        let heard: [[Float]]
        if let motion {
            let path = motion.path(from: direction, frames: Int(Double(count) / Double(rate) / Motion.frameSeconds) + 1, using: &random)
            heard = try MovingSource(space: place.space, distance: distance, path: path)
                .render(dry, late: place.space.late(distance: distance, using: &random))
        } else {
            heard = try place.space.response(from: direction, distance: distance, using: &random).render(dry)
        }
        return Sound(
            heard: Self.matched(heard, to: dry),
            truth: SceneRecipe.Talker(
                speaker: sources.talkers.name(talker), utterances: utterance.recordings, direction: direction.wrapped,
                distance: place.dimensions == nil ? nil : distance, start: Double(utterance.start) / Double(rate), loudness: loudness,
                motion: motion, isTarget: isTarget))
    }

    /// `samples` at a loudness inside `count` samples of silence.
    private func placed(_ samples: [Float], at start: Int, of count: Int, loudness: Double) throws -> [Float] {
        let gain = Level.gain(decibels: loudness - (try Loudness.cookbook(samples, sampleRate: rate)))
        var dry = [Float](repeating: 0, count: count)
        for index in samples.indices { dry[start + index] = Float(Double(samples[index]) * gain) }
        return dry
    }

    /// Rooms and distances change what is heard, not how loud it is: the mean power over the ears is the dry signal's.
    private static func matched(_ heard: [[Float]], to dry: [Float]) -> [[Float]] {
        let power = SceneSum.power(heard)
        return power > 0 ? SceneSum.scaled(heard, by: Float((Level.meanSquare(dry) / power).squareRoot())) : heard
    }

    private func makeTargetLouder(_ sounds: inout [Sound], using random: inout Philox) throws {
        for index in sounds.indices.dropFirst() {
            let advantage = draw(settings.monoAdvantage, &random)
            let gain = try SceneSum.restGain(target: sounds[0].heard, rest: sounds[index].heard, ratio: advantage)
            sounds[index].heard = SceneSum.scaled(sounds[index].heard, by: Float(gain))
            sounds[index].truth.loudness += Level.decibels(amplitude: gain)
        }
    }

    private func sum(_ sounds: [Sound], count: Int, using random: inout Philox) throws -> Result {
        let noise = try noise(count: count, using: &random)
        let silence = head.silence(count: count)
        let target = sounds.first { $0.truth.isTarget }?.heard
        let rest = SceneSum.add([silence] + sounds.filter { !$0.truth.isTarget }.map(\.heard) + (noise.map { [$0.heard] } ?? []))
        let mixture = SceneSum.add([rest] + (target.map { [$0] } ?? []))
        let divisor = SceneSum.divisor(for: mixture)
        return Result(
            mixture: Self.divided(mixture, by: divisor), target: Self.divided(target ?? silence, by: divisor),
            part: SceneRecipe.Part(
                talkers: sounds.map(\.truth), noise: noise?.truth, divisor: Double(divisor),
                snr: target.flatMap { SceneSum.ratio(target: $0, rest: rest) }),
            voices: sounds.map { Self.divided($0.heard, by: divisor) })
    }

    private static func divided(_ sound: [[Float]], by divisor: Float) -> [[Float]] {
        divisor == 1 ? sound : sound.map { $0.map { $0 / divisor } }
    }

    private func noise(count: Int, using random: inout Philox) throws -> (heard: [[Float]], truth: SceneRecipe.Noise)? {
        let isLeftOut = random.chance(settings.noiseless)
        guard let collection = sources.noise, !isLeftOut else { return nil }
        let directions = Int(settings.noiseDirections.lower)
            + random.nextInt(below: Int(settings.noiseDirections.upper) - Int(settings.noiseDirections.lower) + 1)
        var recording = 0, first: [Float] = []
        for _ in 0..<8 {
            recording = random.nextInt(below: collection.recordings.count)
            first = stretch(of: recording, count: count, using: &random)
            if try isAudible(first) { break }
        }
        guard try isAudible(first) else {
            throw SceneError.silentMaterial(role: "noise", name: collection.recordings[recording].relativePath)
        }
        var signals = [first], responses: [BinauralResponse] = [], gains: [Float] = [], places: [Direction] = []
        while signals.count < directions {
            signals.append(settings.noiseIsDecorrelated ? stretch(of: recording, count: count, using: &random) : first)
        }
        for _ in 0..<directions {
            let direction = Direction(azimuth: draw(Interval(-180, 180), &random), elevation: elevation(&random))
            let distance = min(draw(settings.distance, &random), place.space.reach(toward: direction))
            var response = try place.space.response(from: direction, distance: distance, using: &random)
            let energy = response.energy
            if energy > 0 { response.ears = SceneSum.scaled(response.ears, by: Float(1 / energy.squareRoot())) }
            responses.append(response)
            gains.append(random.uniform(in: Interval(0.5, 1)))
            places.append(direction)
        }
        let heard = try SurroundingNoise.render(signals, through: responses, gains: gains)
        let gain = Double(random.uniform(in: settings.noiseGain))
        let loudness = Double(settings.noiseLoudness) + Level.decibels(amplitude: gain)
        let scale = Level.gain(decibels: loudness - (try Loudness.cookbook(first, sampleRate: rate)))
        return (
            SceneSum.scaled(heard, by: Float(scale)),
            SceneRecipe.Noise(
                recording: collection.recordings[recording].relativePath, directions: places, loudness: loudness)
        )
    }

    private func stretch(of recording: Int, count: Int, using random: inout Philox) -> [Float] {
        guard let noise = sources.noise else { return [] }
        let frames = noise.frameCount(of: recording)
        let start = random.nextInt(below: max(1, frames >= count ? frames - count + 1 : frames))
        return noise.loop(of: recording, from: start, count: count)
    }

    private func isAudible(_ samples: [Float]) throws -> Bool {
        try Loudness.cookbook(samples, sampleRate: rate) > Loudness.cookbookFloor + 1
    }

    private func draw(_ interval: Interval, _ random: inout Philox) -> Double { Double(random.uniform(in: interval)) }

    private func elevation(_ random: inout Philox) -> Double {
        let elevation = draw(settings.elevation, &random)
        return head.isHorizontal ? 0 : elevation
    }
}
