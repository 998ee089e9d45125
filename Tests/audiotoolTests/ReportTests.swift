import Foundation
import Testing

@Suite struct ReportTests {
    private static let names = ["a", "b <i>&\"c\"</i> 100%", "sub/é#?"]

    /// Three pairs of rising quality, one with a silent reference, one that cannot be read.
    private static func report() throws -> Scratch {
        let folder = try Scratch()
        for (index, name) in names.enumerated() {
            let part = Float(index + 1) / 4
            let estimate = zip(Sounds.cleanSpeech, Sounds.noisySpeech).map { (1 - part) * $1 + part * $0 }
            try folder.write(Sounds.cleanSpeech, to: "clean/\(name).wav")
            try folder.write(Sounds.noisySpeech, to: "noisy/\(name).wav")
            try folder.write(estimate, to: "made/\(name).wav")
        }
        for side in ["clean", "noisy", "made"] {
            try folder.write([Float](repeating: side == "clean" ? 0 : 0.1, count: 8_000), to: "\(side)/silent.wav")
            try folder.write([UInt8]("no sound".utf8), to: "\(side)/broken.wav")
        }
        let outcome = try Tool.run(
            "evaluate", "--reference", "clean", "--estimate", "made", "--input", "noisy", "--metrics", "si_sdr,estoi", "--html",
            "out put.html", in: folder)
        #expect(outcome.code == 1, "one file is broken: \(outcome.errors)")
        #expect(outcome.errors.contains("broken.wav"))
        return folder
    }

    @Test func theReportStandsByItself() throws {
        let folder = try Self.report()
        let page = String(decoding: try folder.bytes("out put.html"), as: UTF8.self)
        #expect(!page.contains("http"), "no network")
        #expect(!page.contains(folder.url.path), "no absolute path")
        #expect(!page.contains("<i>"), "names are escaped")
        let media = folder.files.filter { $0.hasPrefix("out put_files/") }
        // A picture and three sounds each of four pairs that can be read.
        #expect(media.count == 16 && media.allSatisfy { $0.hasSuffix(".png") || $0.hasSuffix(".flac") })
        for word in ["SI-SDR", "ESTOI", "95 % interval", "16 kHz", "10 kHz", "undefined", "broken.wav"] { #expect(page.contains(word)) }
    }

    @Test(.enabled(if: Browser.program != nil, Browser.absence))
    func theReportOpensAndSortsInABrowser() throws {
        let folder = try Self.report()
        let browser = try Browser(opening: folder.path("out put.html"))
        func column(_ key: String) throws -> [String] {
            let cells = try browser.evaluate(
                """
                (() => { const i = document.querySelector('#files th[data-key="\(key)"]').cellIndex;
                  return [...document.querySelectorAll('#files tbody tr')].map(r => r.cells[i] ? r.cells[i].textContent : ''); })()
                """)
            return try #require(cells as? [String])
        }
        let names = try column("name")
        #expect(names == ["a", Self.names[1], "broken", "silent", Self.names[2]])

        let header = "#files th[data-key=si_sdr] button"
        try browser.click(header)
        #expect(try column("name") == [Self.names[2], Self.names[1], "a", "broken", "silent"])
        #expect(try browser.evaluate("document.querySelector('#files th[data-key=si_sdr]').ariaSort") as? String == "descending")
        let falling = try column("si_sdr").prefix(3).compactMap { Double($0) }
        #expect(falling.count == 3 && falling == falling.sorted(by: >))
        try browser.click(header)
        #expect(try column("name") == ["a", Self.names[1], Self.names[2], "broken", "silent"])
        #expect(try browser.evaluate("document.querySelector('#files th[data-key=si_sdr]').ariaSort") as? String == "ascending")
        try browser.click("#files th[data-key=name] button")
        #expect(try column("name") == names)
        #expect(try browser.evaluate("document.querySelector('#files th[data-key=si_sdr]').ariaSort") is NSNull?)

        let widths = try browser.evaluate(
            "Promise.all([...document.images].map(async i => { i.loading = 'eager'; await i.decode(); return i.naturalWidth; }))")
        #expect((widths as? [Any])?.compactMap { ($0 as? NSNumber)?.intValue }.filter { $0 > 500 }.count == 4)
        let durations = try browser.evaluate(
            """
            Promise.all([...document.querySelectorAll('audio')].map(a => new Promise((done, fail) => {
              a.onloadedmetadata = () => done(a.duration); a.onerror = () => fail(a.src); a.preload = 'metadata'; a.load(); })))
            """)
        let seconds = try #require(durations as? [Any]).compactMap { ($0 as? NSNumber)?.doubleValue }
        let expected = Double(Sounds.cleanSpeech.count) / 16_000
        #expect(seconds.count == 12 && seconds.filter { abs($0 - expected) < 0.01 }.count == 9)
        #expect(browser.complaints.isEmpty, "\(browser.complaints)")

        _ = try browser.evaluate("scrollTo(0, 0)")
        let picture = try #require(Bitmap(png: [UInt8](browser.screenshot())))
        #expect(picture.width >= 1000 && picture.shades > 20)
    }
}
