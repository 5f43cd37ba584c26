namespace RigKafka.Tests.Compose;

internal sealed class ComposeService
{
    public string Image { get; set; } = "";

    public Dictionary<string, string> Build { get; set; } = [];

    public Dictionary<string, string> Environment { get; set; } = [];

    public List<string> Ports { get; set; } = [];

    public List<string> Profiles { get; set; } = [];

    public List<string> Volumes { get; set; } = [];

    public List<string> Command { get; set; } = [];

    /// <summary>Names, or names with conditions.</summary>
    public object? DependsOn { get; set; }

    public Dictionary<string, object>? Healthcheck { get; set; }

    public string StopGracePeriod { get; set; } = "10s";
}
