import ArgumentParser
import AudioMetrics
import Foundation
import NeuralCore

struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Measure recordings of speech against the clean ones.",
        discussion: """
            Examples:
              audiotool evaluate --reference clean/ --estimate enhanced/
              audiotool evaluate --reference clean/ --estimate enhanced/ --input noisy/ --html report.html
              audiotool evaluate --reference clean.wav --estimate enhanced.wav --metrics si_sdr,estoi --json
              audiotool evaluate --estimate recordings/ --metrics srmr,lufs

            Recordings of folders go together by their names, whatever their formats; channels are averaged. A number that \
            does not exist (a silent reference, too little speech) is left out of the mean and counted, with its reason.

            Metrics: \(MetricSelection.names).
            """)

    @Option(help: ArgumentHelp("The clean recordings: a folder or a file.", valueName: "path"), completion: .file())
    var reference: String?
    @Option(help: ArgumentHelp("The recordings to judge.", valueName: "path"), completion: .file())
    var estimate: String
    @Option(
        help: ArgumentHelp("What the estimates were made from; adds improvements.", valueName: "path"), completion: .file())
    var input: String?
    @Option(
        help: ArgumentHelp("What to measure, separated by commas; all if left out.", valueName: "list"),
        transform: MetricSelection.init)
    var metrics: MetricSelection?
    @Flag(help: "Cut recordings of different lengths to the shorter one.") var trim = false
    @Flag(help: "Undo the delay of each estimate, then cut.") var align = false
    @Flag(help: "Bring recordings at another rate to the reference's.") var resample = false
    @Option(help: ArgumentHelp("Measure parts of so many seconds and take the mean.", valueName: "seconds"))
    var segment: Double?
    @Flag(help: "Fail when a number, a file or a partner is missing.") var strict = false
    @Option(help: ArgumentHelp("Write the numbers of each recording as CSV.", valueName: "file"), completion: .file())
    var csv: String?
    @Option(
        help: ArgumentHelp("Write a report with sounds and spectrograms; they go to a folder beside it.", valueName: "file"),
        completion: .file())
    var html: String?
    @Flag(help: "Print everything as JSON.") var json = false
    @Option(help: "Seed of the bootstrap.") var seed: UInt64 = 0
    @Option(help: "Threads; all cores if left out.") var threads: Int?
    @OptionGroup var common: CommonOptions

    func validate() throws {
        if trim, align { throw ValidationError("--align cuts too: give --trim or --align.") }
        if let threads, !(1...1024).contains(threads) {
            throw ValidationError("--threads must be from 1 to 1024, not \(threads).")
        }
        if let segment, !(0.1...86_400).contains(segment) {
            throw ValidationError("--segment must be from 0.1 to 86400, not \(segment).")
        }
        if reference == nil {
            if trim || align || resample {
                throw ValidationError("Without --reference there is nothing to trim, align or resample to.")
            }
            if let metric = metrics?.metrics.first(where: \.needsReference) {
                throw ValidationError("\(metric.key) needs --reference.")
            }
        }
        if let html, !["html", "htm"].contains((html as NSString).pathExtension.lowercased()) {
            throw ValidationError("--html must end in .html, which \(html) does not.")
        }
    }

    func run() throws {
        if let threads { ComputeThreads.count = threads }
        let console = Console(isQuiet: common.quiet), interruption = Interruption()
        do {
            let pairs = try EvaluationPairs(reference: reference, estimate: estimate, input: input)
            let count = pairs.pairs.count
            let evaluation = try Evaluation(
                pairs, with: PairEvaluator(options: options), seed: seed, isCancelled: { interruption.isRequested }
            ) { done, name in console.progress("[\(done)/\(count)] \(name)") }
            try write(evaluation, console: console, interruption: interruption)
            try conclude(evaluation, console: console)
        } catch is CancellationError {
            console.note("Interrupted: nothing was written.")
            throw ExitCode(130)
        }
    }

    private var options: PairEvaluator.Options {
        var options = PairEvaluator.Options(
            metrics: metrics?.metrics ?? Metric.allCases.filter { reference != nil || !$0.needsReference })
        options.fitting = align ? .align : trim ? .trim : .refuse
        (options.resamples, options.segmentSeconds) = (resample, segment)
        return options
    }

    private func write(_ evaluation: Evaluation, console: Console, interruption: Interruption) throws {
        let table = EvaluationTable(evaluation: evaluation)
        if let csv { try OutputFile.write(Data(table.csv.utf8), to: csv) }
        if let html {
            console.progress("drawing the report")
            let media = try ReportMedia(besides: html).write(evaluation.results) { interruption.isRequested }
            let report = HTMLReport(evaluation: evaluation, media: media, title: title, program: Audiotool.program)
            try OutputFile.write(Data(report.page.utf8), to: html)
        }
        console.clearProgress()
        if json {
            try JSONOutput.print(EvaluationReport(evaluation, program: Audiotool.program))
        } else {
            if common.verbose, evaluation.results.count > 1 { print(table.perFile) }
            print(table.summary, terminator: "")
            for remark in table.remarks { print(remark) }
        }
    }

    private var title: String {
        let name = (estimate as NSString).lastPathComponent
        return reference.map { "\(name) against \(($0 as NSString).lastPathComponent)" } ?? name
    }

    /// Reports what is missing, and fails for it where it must.
    private func conclude(_ evaluation: Evaluation, console: Console) throws {
        for item in evaluation.missing { console.note("\(item.name): not in \(item.folder)") }
        for result in evaluation.results {
            if case .failure(let failure) = result.outcome { console.error(failure.message) }
        }
        let count = evaluation.results.count
        if evaluation.failedCount > 0 {
            if count > 1 { console.error("\(evaluation.failedCount) of \(count) recordings could not be measured.") }
            throw ExitCode.failure
        }
        guard strict else { return }
        let lacking = evaluation.metrics.filter { evaluation.summary(of: $0).count < count }
        if !evaluation.missing.isEmpty { console.error("\(evaluation.missing.count) recordings have no partner.") }
        if !lacking.isEmpty {
            console.error("Numbers are missing of \(lacking.map(\.key).joined(separator: ", ")).")
        }
        if !lacking.isEmpty || !evaluation.missing.isEmpty { throw ExitCode.failure }
    }
}

/// A list of metrics, as "si_sdr,pesq": the keys of reports, and names for groups of them.
struct MetricSelection {
    let metrics: [Metric]

    init(_ argument: String) throws {
        var chosen: Set<Metric> = []
        for word in argument.split(separator: ",", omittingEmptySubsequences: false) {
            let key = word.trimmingCharacters(in: .whitespaces).lowercased().replacingOccurrences(of: "-", with: "_")
            let matches = Metric.allCases.filter { $0.key == key || Self.group(key, holds: $0) }
            guard !matches.isEmpty else {
                throw ValidationError("--metrics does not know '\(word)'. There are: \(Self.names).")
            }
            chosen.formUnion(matches)
        }
        metrics = Metric.allCases.filter(chosen.contains)
    }

    static var names: String { Metric.allCases.map(\.key).joined(separator: ", ") }

    private static func group(_ name: String, holds metric: Metric) -> Bool {
        switch name {
        case "all": true
        case "pesq": metric.key.hasPrefix("pesq_")
        case "delay": metric == .delay
        case "composite": ["csig", "cbak", "covl"].contains(metric.key)
        default: false
        }
    }
}
