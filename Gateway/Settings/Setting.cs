namespace RigKafka.Settings;

/// <summary>One setting as the reference and the command <c>settings</c> show it.</summary>
/// <param name="Name">The environment variable.</param>
/// <param name="Folder">The folder, and so the feature, it belongs to.</param>
/// <param name="Allowed">What may be written, in words.</param>
/// <param name="Default">The value when the variable is unset, as it would be written.</param>
/// <param name="Value">The present value as it would be written; hidden for secrets.</param>
/// <param name="Description">What it does.</param>
internal sealed record Setting(string Name, string Folder, string Allowed, string Default, string Value, string Description);
