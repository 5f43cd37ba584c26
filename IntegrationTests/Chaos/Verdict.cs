namespace RigKafka.IntegrationTests.Chaos;

/// <summary>What is wrong with the histories of clients; each entry names a user and a number.</summary>
internal sealed class Verdict
{
    public const string Header = "clients | came back | in the log |   heard | lost | lost, told | twice | out of order | others | dead | 202, not in the log | gaps";

    public int Clients { get; set; }

    /// <summary>How often one of them was let in again.</summary>
    public int CameBack { get; set; }

    /// <summary>How many messages stand in the log.</summary>
    public int Logged { get; set; }

    /// <summary>How many deliveries there were, over all clients.</summary>
    public int Heard { get; set; }

    /// <summary>In the log since the client was let in for the first time, and never heard.</summary>
    public List<string> Lost { get; } = [];

    /// <summary>The same, but the client was told of a gap there.</summary>
    public List<string> LostWithAGap { get; } = [];

    /// <summary>Heard more often than they stand in the log.</summary>
    public List<string> Twice { get; } = [];

    /// <summary>Heard after a later one of the same partition.</summary>
    public List<string> OutOfOrder { get; } = [];

    /// <summary>Heard, and not in the log for this user.</summary>
    public List<string> Others { get; } = [];

    /// <summary>Users whose client was not let in at the end.</summary>
    public List<string> Dead { get; } = [];

    /// <summary>Answered 202, and not in the log.</summary>
    public List<string> NotStored { get; } = [];

    /// <summary>The reasons of the gaps.</summary>
    public List<string> Gaps { get; } = [];

    /// <summary>Whether nothing is missing that may still come.</summary>
    public bool IsOver => Lost.Count + Dead.Count == 0;

    public bool IsClean => Faults.All(fault => fault.Of.Count == 0);

    public string Row =>
        $"{Clients,7} | {CameBack,9} | {Logged,10} | {Heard,7} | {Lost.Count,4} | {LostWithAGap.Count,10} | {Twice.Count,5} | {OutOfOrder.Count,12} | {Others.Count,6} | {Dead.Count,4} | {NotStored.Count,19} | {GapsText}";

    private string GapsText => Gaps.Count == 0 ? "none" : string.Join(", ", Gaps.CountBy(reason => reason).Select(reason => $"{reason.Key} {reason.Value}"));

    private (string What, List<string> Of)[] Faults =>
    [
        ("lost", Lost), ("lost, told", LostWithAGap), ("twice", Twice), ("out of order", OutOfOrder), ("others", Others), ("dead", Dead), ("202, not in the log", NotStored),
    ];

    public override string ToString() =>
        string.Join("; ", Faults.Where(fault => fault.Of.Count > 0).Select(fault => $"{fault.What}: {string.Join(", ", fault.Of.Take(20))}"));
}
