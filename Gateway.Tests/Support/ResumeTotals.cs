namespace RigKafka.Tests.Support;

/// <summary>What a run came to.</summary>
internal sealed record ResumeTotals(
    int Published, int Delivered, long Replayed, IReadOnlyDictionary<string, int> Gaps, IReadOnlyDictionary<ResumeFaultKind, int> Faults)
{
    public const string Header = "published | delivered | replayed | lost | twice | out of order | others | gaps";

    public string Row =>
        $"{Published,9} | {Delivered,9} | {Replayed,8} | {Of(ResumeFaultKind.Lost),4} | {Of(ResumeFaultKind.Twice),5} | {Of(ResumeFaultKind.OutOfOrder),12} | "
        + $"{Faults.Values.Sum() - Of(ResumeFaultKind.Lost) - Of(ResumeFaultKind.Twice) - Of(ResumeFaultKind.OutOfOrder),6} | "
        + string.Join(", ", Gaps.OrderBy(gap => gap.Key, StringComparer.Ordinal).Select(gap => $"{gap.Key} {gap.Value}"));

    public static ResumeTotals Of(
        int published, IReadOnlyCollection<ResumeView> views, IReadOnlyCollection<ResumeFault> faults, long replayed) => new(
        published,
        views.Sum(view => view.Delivered),
        replayed,
        views.SelectMany(view => view.Gaps).GroupBy(gap => gap.Key).ToDictionary(gaps => gaps.Key, gaps => gaps.Sum(gap => gap.Value)),
        faults.CountBy(fault => fault.Kind).ToDictionary());

    private int Of(ResumeFaultKind kind) => Faults.GetValueOrDefault(kind);
}
