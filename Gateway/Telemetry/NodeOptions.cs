using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace RigKafka.Telemetry;

/// <summary>What people call this node, and which version of the gateway it runs. Machines know it by its <see cref="NodeId"/>.</summary>
internal sealed class NodeOptions : IValidatableObject
{
    /// <summary>The longest name that a machine can have in DNS.</summary>
    private const int MostChars = 253;

    /// <summary>The version of the gateway, with the commit that it was built from where that is known.</summary>
    public static string Version { get; } =
        typeof(NodeOptions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    [ConfigurationKeyName("NODE_NAME")]
    [Description("What people call this node, in the first line of its log, in /health/ready, and as rig.node.name in metrics and traces; the "
        + "name of the machine when empty. Up to 253 printable characters; two nodes may have the same.")]
    public string GivenName { get; set; } = "";

    /// <summary>What people call this node.</summary>
    public string Name => GivenName.Length > 0 ? GivenName : Environment.MachineName;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        var shown = string.Concat(GivenName.EnumerateRunes().Select(rune => IsPrintable(rune) ? rune.ToString() : "?"));
        if (GivenName.Length > MostChars || shown != GivenName)
        {
            yield return new ValidationResult($"NODE_NAME={shown}: expected up to {MostChars} printable characters.");
        }
    }

    /// <summary>It stands in lines of the log, where nothing may look like another line.</summary>
    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (
        UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
        or UnicodeCategory.Surrogate or UnicodeCategory.OtherNotAssigned);
}
