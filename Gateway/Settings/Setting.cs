namespace RigKafka.Settings;

/// <summary>One setting as the reference and the command <c>settings</c> show it.</summary>
/// <param name="Name">The environment variable.</param>
/// <param name="Folder">The folder, and so the feature, it belongs to.</param>
/// <param name="Allowed">What may be written, in words.</param>
/// <param name="Default">The value when the variable is unset, as it would be written.</param>
/// <param name="Value">The present value as it would be written; hidden for secrets.</param>
/// <param name="Description">What it does.</param>
/// <param name="MayBeInAFile">Whether there is another variable, which names a file that has it.</param>
internal sealed record Setting(
    string Name, string Folder, string Allowed, string Default, string Value, string Description, bool MayBeInAFile = false)
{
    private const string Any = "<NAME>";

    /// <summary>A name for one that stands for every name with a beginning, such as <c>KAFKA_CLIENT_</c>.</summary>
    public static string NameOfAll(string beginning) => beginning + Any;

    /// <summary>The variable that names a file with a secret in it.</summary>
    public static string NameOfFile(string name) => name + "_FILE";

    /// <summary>Whether a variable is this setting.</summary>
    public bool IsNamed(string variable) => Name.EndsWith(Any, StringComparison.Ordinal)
        ? variable.StartsWith(Name[..^Any.Length], StringComparison.Ordinal)
        : variable == Name || (MayBeInAFile && variable == NameOfFile(Name));
}
