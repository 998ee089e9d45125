extension StringProtocol {
    /// The tempo that a description names, in beats a minute: "120 bpm", "tempo 96", "84 beats per minute". From 20 to 400; nil
    /// where it names none.
    public var namedTempo: Double? {
        let pattern = /\b([0-9]{2,3}(?:\.[0-9]+)?)\s*(?:bpm|beats (?:per|a) minute)|tempo(?: of|:)?\s*([0-9]{2,3}(?:\.[0-9]+)?)/
        guard let match = lowercased().firstMatch(of: pattern), let number = match.1 ?? match.2, let tempo = Double(number) else {
            return nil
        }
        return (20...400).contains(tempo) ? tempo : nil
    }
}
