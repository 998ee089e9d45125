import Alignment
import AudioEmbeddings
import Foundation
import MusicRL

/// What people said of recordings, as a scorer is learned from it.
struct ScorerAnswers {
    enum Content {
        case choices([LinearScorer.Choice])
        /// A clip's index and its rating; a clip may be rated several times.
        case ratings([(clip: Int, rating: Double)])
    }

    private(set) var clips: [Clip] = []
    /// The number of each answer's prompt. A rated clip without one stands for itself.
    private(set) var prompts: [Int] = []
    let content: Content

    /// - Parameter readsPrompts: whether clips are to know what they were asked to sound like.
    init(_ file: PreferenceFile, readsPrompts: Bool) throws {
        var numbers: [[String?]: Int] = [:], texts: [String: Int] = [:], clips: [Clip] = [], prompts: [Int] = []
        var choices: [LinearScorer.Choice] = [], ratings: [(clip: Int, rating: Double)] = []
        func number(_ path: String, _ prompt: String) -> Int {
            let clip = Clip(name: path, source: .file(path), prompt: readsPrompts && !prompt.isEmpty ? prompt : nil)
            let key = [path, clip.prompt]
            if let known = numbers[key] { return known }
            numbers[key] = clips.count
            clips.append(clip)
            return clips.count - 1
        }
        for entry in file.entries {
            var group = entry.prompt
            switch entry.content {
            case .choice(let chosen, let rejected, _):
                choices.append(.init(chosen: number(chosen, entry.prompt), rejected: number(rejected, entry.prompt)))
            case .rating(let path, let rating):
                ratings.append((number(path, entry.prompt), rating))
                if group.isEmpty { group = "\u{0}" + path }
            case .label: continue
            }
            texts[group] = texts[group] ?? texts.count
            prompts.append(texts[group] ?? 0)
        }
        guard choices.isEmpty || ratings.isEmpty else {
            throw CommandFailure("\(file.path) holds choices and ratings, which are learned from in different ways: put them into two files.")
        }
        guard !choices.isEmpty || !ratings.isEmpty else {
            throw CommandFailure("\(file.path) holds no choices between two recordings and no ratings of recordings.")
        }
        content = ratings.isEmpty ? .choices(choices) : .ratings(ratings)
        (self.clips, self.prompts) = (clips, prompts)
    }
}
