using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text;

namespace RigKafka.Messages;

/// <summary>What a message is, for publishers and readers.</summary>
internal sealed class MessageOptions : IValidatableObject
{
    private string _userField = "user";
    private byte[] _userFieldUtf8 = "user"u8.ToArray();

    [ConfigurationKeyName("MESSAGE_USER_FIELD")]
    [Description("The field of a message that names the user it is for.")]
    public string UserField
    {
        get => _userField;
        set => (_userField, _userFieldUtf8) = (value, Encoding.UTF8.GetBytes(value));
    }

    public ReadOnlySpan<byte> UserFieldUtf8 => _userFieldUtf8;

    [ConfigurationKeyName("MESSAGE_MAX_BYTES")]
    [Description("The largest message, in bytes of its JSON; a larger one is refused.")]
    [Range(1024, 104_857_600)]
    public int MaxBytes { get; set; } = 921_600;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (UserField.Length == 0)
        {
            yield return new ValidationResult("MESSAGE_USER_FIELD=: expected the name of a field.");
        }
    }
}
