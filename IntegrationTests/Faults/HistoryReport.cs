
namespace RigKafka.IntegrationTests.Faults;

/// <summary>What is wrong with a history; each entry names a user and a number.</summary>
/// <param name="Acknowledged">How many messages were answered 202.</param>
/// <param name="Delivered">How many deliveries there were, over all streams.</param>
/// <param name="Lost">Answered 202, and not on a stream of the user.</param>
/// <param name="Twice">More than once on a stream, without the publisher having repeated it.</param>
/// <param name="OutOfOrder">After a later one of the same user.</param>
/// <param name="Forbidden">On a stream, though answered not stored, or never published.</param>
internal sealed record HistoryReport(
    int Acknowledged, int Delivered, IReadOnlyList<string> Lost, IReadOnlyList<string> Twice, IReadOnlyList<string> OutOfOrder, IReadOnlyList<string> Forbidden)
{
    public const string Header = "acknowledged | delivered | lost | twice | out of order | though not stored";

    public bool IsClean => Lost.Count + Twice.Count + OutOfOrder.Count + Forbidden.Count == 0;

    public string Row => $"{Acknowledged,12} | {Delivered,9} | {Lost.Count,4} | {Twice.Count,5} | {OutOfOrder.Count,12} | {Forbidden.Count,17}";

    public override string ToString() =>
        $"lost: {string.Join(' ', Lost)}; twice: {string.Join(' ', Twice)}; out of order: {string.Join(' ', OutOfOrder)}; though not stored: {string.Join(' ', Forbidden)}";
}
