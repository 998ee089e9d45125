/// Words for what is known of music. What is not here is called by its own name.
enum Vocabulary {
    static let instruments: [String: [String]] = [
        "violin": ["violin", "fiddle"], "piano": ["piano", "piano", "grand piano"], "cello": ["cello", "violoncello"],
        "nylon-string guitar": ["nylon-string guitar", "classical guitar", "guitar"], "acoustic guitar": ["acoustic guitar", "guitar"],
        "alto saxophone": ["alto saxophone", "saxophone", "sax"], "church organ": ["church organ", "pipe organ", "organ"],
        "string ensemble": ["string ensemble", "strings", "string orchestra"], "French horn": ["French horn", "horn"],
        "bagpipe": ["bagpipe", "bagpipes"], "pan flute": ["pan flute", "panpipes"], "music box": ["music box", "musical box"],
        "vibraphone": ["vibraphone", "vibes"],
    ]
    static let paces: [String: [String]] = [
        "slow": ["slow", "slow", "unhurried", "leisurely"], "moderate": ["moderate", "medium-tempo", "mid-tempo", "moderately paced"],
        "fast": ["fast", "fast", "quick", "brisk", "uptempo"],
    ]
    static let moods: [String: [String]] = [
        "sad": ["sad", "sad", "melancholy", "mournful"], "gentle": ["gentle", "gentle", "calm", "peaceful"],
        "wistful": ["wistful", "wistful", "nostalgic"], "cheerful": ["cheerful", "cheerful", "happy", "merry"],
        "restless": ["restless", "restless", "tense", "urgent"], "lively": ["lively", "lively", "energetic", "joyful"],
    ]
    /// As adjectives, and as adverbs.
    static let loudnesses: [String: [String]] = ["soft": ["soft", "quiet"], "loud": ["loud", "powerful"]]
    static let manners: [String: [String]] = [
        "soft": ["softly", "quietly", "played softly"], "medium": ["at medium volume", "medium loud"],
        "loud": ["loudly", "played loudly", "at full volume"],
    ]
    static let pieces = ["tune", "tune", "melody", "piece", "piece of music", "song"]
}
